package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// workerProcess is the worker: a process of its own, started again when it dies, so
// that anybody may kill it in the middle of the day.
type workerProcess struct {
	binary      string
	environment []string
	dir         string
	out         io.Writer

	mu      sync.Mutex
	command *exec.Cmd
	ended   bool
	done    chan struct{}
	starts  int
}

func startWorker(ctx context.Context, environment map[string]string, dir string, out io.Writer) (*workerProcess, error) {
	binary, err := workerBinary(ctx, dir)
	if err != nil {
		return nil, err
	}
	p := &workerProcess{binary: binary, dir: dir, out: out, done: make(chan struct{})}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ"} {
		if v, ok := os.LookupEnv(name); ok {
			p.environment = append(p.environment, name+"="+v)
		}
	}
	for k, v := range environment {
		p.environment = append(p.environment, k+"="+v)
	}
	slices.Sort(p.environment)
	if err := p.launch(); err != nil {
		return nil, err
	}
	go p.keep()
	return p, nil
}

// workerBinary is the one beside this program (as `make` builds them), else it is
// built from the sources around the working directory.
func workerBinary(ctx context.Context, dir string) (string, error) {
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), "worker")
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	binary := filepath.Join(dir, "worker")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "selvedge/worker")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as `make build`, so that its cache serves
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build the worker: %w: run `make demo`, or `go run ./starter demo` inside the repository", err)
	}
	return binary, nil
}

func (p *workerProcess) launch() error {
	logs, err := os.OpenFile(filepath.Join(p.dir, "worker.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the worker's log: %w", err)
	}
	defer func() { _ = logs.Close() }() // the process has its own handle
	command := exec.Command(p.binary)
	command.Env, command.Stdout, command.Stderr = p.environment, logs, logs
	if err := command.Start(); err != nil {
		return fmt.Errorf("start the worker: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.command = command
	p.starts++
	fmt.Fprintf(p.out, "Worker     pid %d\n", command.Process.Pid)
	return nil
}

// keep starts the worker again whenever it dies before its time.
func (p *workerProcess) keep() {
	defer close(p.done)
	for {
		_ = p.command.Wait() // how it died does not matter, that it did does
		p.mu.Lock()
		ended := p.ended
		p.mu.Unlock()
		if ended {
			return
		}
		time.Sleep(300 * time.Millisecond) // a worker that cannot start must not spin
		if err := p.launch(); err != nil {
			fmt.Fprintln(p.out, err)
			return
		}
	}
}

func (p *workerProcess) stop() {
	p.mu.Lock()
	p.ended = true
	process := p.command.Process
	p.mu.Unlock()
	_ = process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		_ = process.Kill()
		<-p.done
	}
}
