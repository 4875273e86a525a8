package workflows_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"selvedge/workflows"
)

// recordings are histories of runs that went well, one shape each; README.md beside
// them says where they come from.
const recordings = "testdata/replay"

// maxRecording keeps a history small enough to read.
const maxRecording = 40 << 10

func TestRecordedHistoriesReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(recordings, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files, "no history to replay in %s: a change of the workflows would pass unseen", recordings)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			info, err := os.Stat(file)
			require.NoError(t, err)
			require.Less(t, info.Size(), int64(maxRecording), "record a shorter run")
			replayer := worker.NewWorkflowReplayer()
			workflows.Register(replayer)
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(nil, file),
				"running orders would stop: use workflow.GetVersion or a new workflow type")
		})
	}
}
