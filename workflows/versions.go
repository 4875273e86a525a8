package workflows

import "go.temporal.io/sdk/workflow"

// watchesOutcomes tells whether a ResumeWorkflow waits for what comes of each order:
// runs that began before that was kept go on as they began.
func watchesOutcomes(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "resume-watches-outcomes", workflow.DefaultVersion, 1) != workflow.DefaultVersion
}

// goesOnAfterARefusedClose tells whether a return that could not close looks again at
// once. Runs that began before that only looked, and waited for a signal, which nobody
// owes a return when it was another return of its order that had news.
func goesOnAfterARefusedClose(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "return-goes-on-after-a-refused-close", workflow.DefaultVersion, 1) != workflow.DefaultVersion
}

// answersAfterCancel tells whether somebody who answers after Cancel was pressed is told
// what came of it. Runs that began before that took the answer and said that it failed.
func answersAfterCancel(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "answers-after-cancel", workflow.DefaultVersion, 1) != workflow.DefaultVersion
}

// restsInVain tells whether a step that changed nothing rests, and is a person's in the
// end. Runs in which one came up before that was so take it again at once.
func restsInVain(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "rests-in-vain", workflow.DefaultVersion, 1) != workflow.DefaultVersion
}
