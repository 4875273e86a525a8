package centra

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// problem is a UserError or a UserWarning.
type problem struct {
	message string
	path    []string
}

type problems []problem

// add notes a problem; path is dotted, from the mutation's arguments down.
func (p *problems) add(path, format string, a ...any) {
	*p = append(*p, problem{fmt.Sprintf(format, a...), strings.Split(path, ".")})
}

func (p problems) nodes(name string) []any {
	out := make([]any, len(p))
	for i, item := range p {
		path := make([]any, len(item.path))
		for j, step := range item.path {
			path[j] = step
		}
		out[i] = rec{name, map[string]any{"message": item.message, "path": path}}
	}
	return out
}

// outcome is what a mutation says besides its object. With errors nothing has
// been modified and the object is null.
type outcome struct{ errors, warnings problems }

// payload builds a mutation's answer from names and values in turn; the type's
// name comes from the schema, so that __typename is right.
func (x *exec) payload(out *outcome, entries ...any) any {
	if out == nil {
		out = &outcome{}
	}
	fields := map[string]any{"userErrors": out.errors.nodes("UserError"), "userWarnings": out.warnings.nodes("UserWarning")}
	if len(out.errors) == 0 {
		for i := 0; i < len(entries); i += 2 {
			fields[entries[i].(string)] = entries[i+1]
		}
	}
	return rec{"", fields}
}

type mutationRoot struct{}

func (mutationRoot) typeName() string { return "Mutation" }

// field runs one mutation and names its payload's type by the schema.
func (mutationRoot) field(x *exec, name string, a args) any {
	result := x.mutate(name, a)
	if answer, ok := result.(rec); ok {
		answer.name = x.schema.Mutation.Fields.ForName(name).Type.Name()
		return answer
	}
	return result
}

// refuseInput answers inputs that break a one-of rule, before anything is
// looked at: userErrors in a mutation, errors[] in a query.
func (x *exec) refuseInput(parent node, field *ast.Field, broken problems) any {
	if _, mutates := parent.(mutationRoot); mutates {
		answer := x.payload(&outcome{errors: broken}).(rec)
		answer.name = field.Definition.Type.Name()
		return answer
	}
	return fmt.Errorf("%s: %s", strings.Join(broken[0].path, "."), broken[0].message)
}

func (x *exec) mutate(name string, a args) any {
	switch name {
	case "confirmOrder":
		return x.confirmOrder(a)
	case "updateDirectToConsumerOrder":
		return x.updateOrder(a)
	case "resumeDirectToConsumerOrder":
		return x.resumeOrder(a)
	case "cancelDirectToConsumerOrder":
		return x.cancelOrder(a)
	case "setOrdersLock":
		return x.setOrdersLock(a)
	case "allocateOrder":
		return x.allocateOrder(a)
	case "unallocateOrder":
		return x.unallocateOrder(a)
	case "captureOrder":
		return x.captureOrder(a)
	case "releaseRemainingOrderAuthorization":
		return x.releaseAuthorization(a)
	case "assignAttributes":
		return x.assignAttributes(a)
	case "createShipment":
		return x.createShipment(a)
	case "updateShipment":
		return x.updateShipment(a)
	case "captureShipment":
		return x.captureShipment(a)
	case "completeShipment":
		return x.completeShipment(a)
	case "createReturn":
		return x.createReturn(a)
	case "completeReturn":
		return x.completeReturn(a)
	case "uncompleteReturn":
		return x.uncompleteReturn(a)
	case "deleteReturn":
		return x.deleteReturn(a)
	case "refundReturn":
		return x.refundReturn(a)
	case "changeStock":
		return x.changeStock(a)
	case "setStock":
		return x.setStock(a)
	case "setEventListeners":
		return x.setEventListeners(a)
	case "unsetEventListeners":
		return x.unsetEventListeners(a)
	case "confirmEvents":
		return x.confirmEvents(a)
	case "setIdConversions":
		return x.setIDConversions(a)
	case "unsetIdConversions":
		return x.unsetIDConversions(a)
	}
	return fmt.Errorf("mutation %s is not simulated", name)
}
