package main

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProcessorTimeIsReadBehindAnyName(t *testing.T) {
	t.Parallel()
	got, err := processOf([]byte("42 (odd) name (x) S 7 42 42 0 -1 4194560 100 0 0 0 150 50 30 20 20 0 1 0 100 1 2\n"))
	require.NoError(t, err)
	require.Equal(t, process{id: 42, parent: 7, name: "odd) name (x", own: 2 * time.Second, ended: 500 * time.Millisecond}, got)
	for _, broken := range []string{"", "42 noname S 1", "42 (short) S 7", "x (id) S 7 42 42 0 -1 4194560 100 0 0 0 150 50 30 20 20 0 1", "42 (time) S 7 42 42 0 -1 4194560 100 0 0 0 a 50 30 20 20 0 1"} {
		_, err := processOf([]byte(broken))
		require.Error(t, err, broken)
	}
}

func TestProcessesAreListedFromTheSystem(t *testing.T) {
	t.Parallel()
	proc := t.TempDir()
	write := func(id int, line string) {
		folder := filepath.Join(proc, strconv.Itoa(id))
		require.NoError(t, os.Mkdir(folder, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "stat"), []byte(line), 0o600))
	}
	write(5, "5 (devserver) S 1 5 5 0 -1 0 0 0 0 0 7 3 0 0 20 0 1")
	write(6, "6 (worker) S 1 6 6 0 -1 0 0 0 0 0 1 1 0 0 20 0 1")
	all, err := running(proc)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, 100*time.Millisecond, all[5].own)
	write(8, "no process")
	_, err = running(proc)
	require.ErrorContains(t, err, filepath.Join("8", "stat"))
}

func TestOnlyOurOwnDatabaseCounts(t *testing.T) {
	t.Parallel()
	const self, temporal, worker = 1, 2, 3
	all := map[int]process{
		self:     {id: self, name: "bench", own: time.Hour},
		temporal: {id: temporal, parent: self, name: "devserver", own: 4 * time.Second},
		worker:   {id: worker, parent: self, name: "worker", own: 3 * time.Second},
		10:       {id: 10, parent: self, name: "postgres", own: time.Second, ended: 2 * time.Second},
		11:       {id: 11, parent: 10, name: "postgres", own: 5 * time.Second, ended: time.Hour},
		20:       {id: 20, parent: 99, name: "postgres", own: time.Hour},
		21:       {id: 21, parent: 20, name: "postgres", own: time.Hour},
		22:       {id: 22, parent: self, name: "sleep", own: time.Hour},
	}
	used := processors{here: time.Second}
	used.add(all, self, temporal, worker)
	require.Equal(t, processors{temporal: 4 * time.Second, database: 8 * time.Second, worker: 3 * time.Second, here: time.Second}, used)
	require.Equal(t, 16*time.Second, used.all())
	before := processors{temporal: time.Second, database: time.Second, worker: time.Second, here: time.Second}
	require.Equal(t, "1200 ms (Temporal 300, database 700, worker 200, doors and simulators 0)", used.since(before).each(10))
}
