package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// process is one of ours, started again whenever it ends, as any orchestrator does.
type process struct {
	name        string
	binary      string
	args        []string
	environment []string
	logFile     string

	mu      sync.Mutex
	command *exec.Cmd
	ended   bool
	killed  bool // by us, so its end is no surprise
	alone   int  // ended by itself so often
	done    chan struct{}
}

func startProcess(name, binary string, args []string, environment map[string]string, dir string) (*process, error) {
	p := &process{name: name, binary: binary, args: args, logFile: filepath.Join(dir, name+".log"), done: make(chan struct{})}
	for _, inherited := range []string{"PATH", "HOME", "TMPDIR", "TZ"} {
		if v, ok := os.LookupEnv(inherited); ok {
			p.environment = append(p.environment, inherited+"="+v)
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

func (p *process) launch() error {
	logs, err := os.OpenFile(p.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of %s: %w", p.name, err)
	}
	defer func() { _ = logs.Close() }() // the process has its own handle
	command := exec.Command(p.binary, p.args...)
	command.Env, command.Stdout, command.Stderr = p.environment, logs, logs
	// A group of its own: Ctrl-C in a terminal must not end it before we do.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.command, p.killed = command, false
	return nil
}

// rest is how long a process stays down: one that cannot start must not spin.
const rest = 500 * time.Millisecond

func (p *process) keep() {
	defer close(p.done)
	for {
		_ = p.command.Wait() // how it died does not matter, that it did does
		p.mu.Lock()
		ended := p.ended
		if !ended && !p.killed {
			p.alone++
		}
		p.mu.Unlock()
		if ended {
			return
		}
		time.Sleep(rest)
		if err := p.launch(); err != nil {
			fmt.Println("chaos:", err)
			return
		}
	}
}

// kill ends it as a crash would and returns which process that was.
func (p *process) kill() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killed = true
	_ = p.command.Process.Kill() // fails only when it is gone
	return p.command.Process.Pid
}

// endedAlone is how often it ended without being killed by us.
func (p *process) endedAlone() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.alone
}

func (p *process) stop() {
	p.mu.Lock()
	p.ended = true
	running := p.command.Process
	p.mu.Unlock()
	_ = running.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		_ = running.Kill()
		<-p.done
	}
}
