package workflows

import "go.temporal.io/sdk/workflow"

// watchesOutcomes tells whether a ResumeWorkflow waits for what comes of each order:
// runs that began before that was kept go on as they began.
func watchesOutcomes(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "resume-watches-outcomes", workflow.DefaultVersion, 1) != workflow.DefaultVersion
}
