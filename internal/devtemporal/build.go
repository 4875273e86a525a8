package devtemporal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// EnvBinary names a dev server that is already built; nothing is built then.
const EnvBinary = "SELVEDGE_TEST_DEVSERVER"

const binaryName = "devserver"

// Build returns the path of an up-to-date dev server, building it only when the
// sources in deploy/devserver changed since the last build. It may run in many
// processes at once: one builds, the others wait. Progress goes to log, which
// may be nil.
//
// It looks, in this order, at SELVEDGE_TEST_DEVSERVER, at the repository around
// the working directory, the program or our sources (the binary is then kept in
// its .build, or in the user's cache folder when that cannot be written), and
// beside the running program, where an image without sources has it.
func Build(ctx context.Context, log io.Writer) (string, error) {
	if named := os.Getenv(EnvBinary); named != "" {
		if _, err := os.Stat(named); err != nil {
			return "", fmt.Errorf("%s: %w: unset it to have the server built", EnvBinary, err)
		}
		return named, nil
	}
	if root := repository(); root != "" {
		return build(ctx, filepath.Join(root, "deploy", "devserver"), filepath.Join(root, ".build"), log)
	}
	if exe, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(exe), binaryName)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	return "", fmt.Errorf("no dev server found: run `make devserver` in the repository and set %s=.build/devserver", EnvBinary)
}

// repository returns the root of the working copy, or "".
func repository() string {
	var starts []string
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	if exe, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(exe))
	}
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) { // not under -trimpath
		starts = append(starts, filepath.Dir(file))
	}
	for _, dir := range starts {
		for {
			if _, err := os.Stat(filepath.Join(dir, "deploy", "devserver", "go.mod")); err == nil {
				return dir
			}
			parent := filepath.Dir(dir)
			if parent == dir {
				break
			}
			dir = parent
		}
	}
	return ""
}

func build(ctx context.Context, sources, folder string, log io.Writer) (string, error) {
	want, err := fingerprint(sources)
	if err != nil {
		return "", err
	}
	binary := filepath.Join(folder, binaryName)
	lock, err := lockFolder(folder)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		cache, cacheErr := os.UserCacheDir()
		if cacheErr != nil {
			return "", errors.Join(err, cacheErr)
		}
		folder = filepath.Join(cache, "selvedge")
		binary = filepath.Join(folder, binaryName+"-"+want[:16])
		lock, err = lockFolder(folder)
	}
	if err != nil {
		return "", fmt.Errorf("prepare the dev server's folder: %w", err)
	}
	defer lock.Close() // releases the lock

	stamp := binary + ".sources"
	if have, err := os.ReadFile(stamp); err == nil && string(have) == want {
		if _, err := os.Stat(binary); err == nil {
			return binary, nil
		}
	}
	if err := compile(ctx, sources, binary, log); err != nil {
		return "", err
	}
	if err := os.WriteFile(stamp, []byte(want), 0o644); err != nil {
		return "", fmt.Errorf("note what the dev server was built from: %w", err)
	}
	return binary, nil
}

func compile(ctx context.Context, sources, binary string, log io.Writer) error {
	progress := &tail{next: log}
	fmt.Fprintln(progress, "building the Temporal dev server; the first time takes some five minutes")
	// Built beside its name: a server that runs from the old file keeps it.
	draft := binary + ".new"
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", draft, ".")
	cmd.Dir = sources
	// Pure Go: no compiler needed. GOFLAGS and GOWORK are ours to choose here,
	// for the caller's may name another module file.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", "GOWORK=off")
	cmd.Stdout, cmd.Stderr = progress, progress
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build the dev server in %s: %w: %s", sources, err, progress)
	}
	if err := os.Rename(draft, binary); err != nil {
		return fmt.Errorf("put the dev server in place: %w", err)
	}
	return nil
}

// lockFolder makes the folder and waits until no other process builds in it.
// The kernel drops the lock when its holder dies.
func lockFolder(folder string) (io.Closer, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(folder, binaryName+".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// fingerprint hashes what the build depends on: the module's files and the
// compiler's version.
func fingerprint(sources string) (string, error) {
	entries, err := os.ReadDir(sources)
	if err != nil {
		return "", fmt.Errorf("read the dev server's sources: %w", err)
	}
	hash := sha256.New()
	fmt.Fprintln(hash, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, e := range entries { // ReadDir sorts by name
		name := e.Name()
		if strings.HasSuffix(name, "_test.go") || !slices.Contains([]string{".go", ".mod", ".sum"}, filepath.Ext(name)) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(sources, name))
		if err != nil {
			return "", fmt.Errorf("read the dev server's sources: %w", err)
		}
		fmt.Fprintln(hash, name, len(content))
		hash.Write(content)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
