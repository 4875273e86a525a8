package workflows

import (
	"reflect"
	"runtime"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"
)

// Types lists the names of the workflow types that this build knows, sorted.
func Types() []string {
	var types typeList
	Register(&types)
	slices.Sort(types)
	return types
}

// typeList takes the place of a worker to learn what would be registered with it.
type typeList []string

func (l *typeList) RegisterWorkflow(w any) {
	name := runtime.FuncForPC(reflect.ValueOf(w).Pointer()).Name()
	*l = append(*l, name[strings.LastIndex(name, ".")+1:])
}

func (l *typeList) RegisterWorkflowWithOptions(w any, o workflow.RegisterOptions) {
	if o.Name == "" {
		l.RegisterWorkflow(w)
		return
	}
	*l = append(*l, o.Name)
}

// RegisterDynamicWorkflow adds nothing: such a workflow has no name of its own.
func (*typeList) RegisterDynamicWorkflow(any, workflow.DynamicRegisterOptions) {}
