package devpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// initialise makes the folder's cluster unless it holds one, and returns the
// superuser's password. A cluster is made under another name and renamed when
// whole, so that a second run after a crash starts over.
func (c *Cluster) initialise(ctx context.Context) (string, error) {
	sweep()
	if err := c.claimFolder(); err != nil {
		return "", err
	}
	passwordFile := filepath.Join(c.dir, "password")
	if _, err := os.Stat(c.data()); err == nil {
		password, err := os.ReadFile(passwordFile)
		if err != nil {
			return "", fmt.Errorf("read the password of the cluster in %s: %w", c.dir, err)
		}
		return string(password), nil
	}
	password := newPassword()
	if err := os.WriteFile(passwordFile, []byte(password), 0o600); err != nil {
		return "", fmt.Errorf("keep the cluster's password: %w", err)
	}
	if err := c.own(passwordFile); err != nil {
		return "", err
	}
	draft := c.data() + ".new"
	if err := os.RemoveAll(draft); err != nil {
		return "", fmt.Errorf("remove a half-made cluster: %w", err)
	}
	locale := "C.UTF-8"
	if runtime.GOOS != "linux" {
		locale = "C" // all that every macOS has
	}
	args := []string{
		"-D", draft, "-U", superuser, "--pwfile", passwordFile, "-A", "scram-sha-256",
		"--encoding=UTF8", "--locale=" + locale,
	}
	if !c.options.Durable {
		args = append(args, "--no-sync")
	}
	initdb := c.install.command(ctx, "initdb", args...)
	initdb.Dir = c.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("make a PostgreSQL cluster with %s: %w: %s", initdb.Path, err, lastLines(string(out)))
	}
	if err := os.Rename(draft, c.data()); err != nil {
		return "", fmt.Errorf("put the cluster in place: %w", err)
	}
	return password, nil
}

// claimFolder makes the folder ours, that is the programs' user's, and notes
// which process uses it.
func (c *Cluster) claimFolder() error {
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return fmt.Errorf("make PostgreSQL's folder: %w", err)
	}
	if err := c.own(c.dir); err != nil {
		return err
	}
	if u := c.install.user; u != nil {
		if blocked := blockedFor(c.dir, u.uid); blocked != "" {
			return fmt.Errorf("PostgreSQL runs as user %s here, who may not enter %s: choose a data folder elsewhere, such as under %s",
				u.name, blocked, "/tmp")
		}
	}
	if err := os.WriteFile(filepath.Join(c.dir, ownerFile), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		return fmt.Errorf("note the owner of PostgreSQL's folder: %w", err)
	}
	return nil
}

// own hands a path to the user who runs the programs.
func (c *Cluster) own(path string) error {
	if c.install.user == nil {
		return nil
	}
	if err := os.Chown(path, int(c.install.user.uid), int(c.install.user.gid)); err != nil {
		return fmt.Errorf("hand %s to user %s: %w", path, c.install.user.name, err)
	}
	return nil
}

// blockedFor returns the first folder on the way to path that the user may not
// enter, or "". Group rights are not looked at: system users share none with us.
func blockedFor(path string, uid uint32) string {
	for dir := path; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return dir
		}
		owner, ok := info.Sys().(*syscall.Stat_t)
		if info.Mode()&0o001 == 0 && (!ok || owner.Uid != uid) {
			return dir
		}
		if filepath.Dir(dir) == dir {
			return ""
		}
	}
}

// ownerFile holds the id of the process that started the cluster.
const ownerFile = "owner.pid"

// sweep removes the temporary folders of processes that are gone. A test binary
// has no moment at which to do it for itself, nor has a killed demo. Failures
// are left to the next sweep: the folder may be another user's.
func sweep() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), "selvedge-pg-*")) // fails only on a bad pattern
	for _, dir := range dirs {
		content, err := os.ReadFile(filepath.Join(dir, ownerFile))
		if err != nil {
			continue // not claimed yet, or not ours
		}
		owner, err := strconv.Atoi(string(content))
		if err != nil || !errors.Is(syscall.Kill(owner, 0), syscall.ESRCH) {
			continue
		}
		if stopOrphan(dir) == nil {
			_ = os.RemoveAll(dir)
		}
	}
}

// stopOrphan ends the server that still runs in a folder whose owner is gone
// (not on Linux, where it ended with its owner). That it answers on the folder's
// socket proves that the noted process id was not given to another program since.
func stopOrphan(dir string) error {
	content, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	lines := strings.Split(string(content), "\n")
	if len(lines) < 4 {
		return nil
	}
	conn, err := net.Dial("unix", filepath.Join(dir, ".s.PGSQL."+strings.TrimSpace(lines[3])))
	if err != nil {
		return nil // nobody listens
	}
	conn.Close()
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGQUIT)
}
