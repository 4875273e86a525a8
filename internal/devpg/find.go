package devpg

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// EnvBin names the folder of initdb and postgres, and wins over all others.
const EnvBin = "DEVPG_BIN"

// installation is a folder of PostgreSQL programs and who runs them.
type installation struct {
	bin  string
	user *account // nil = ourselves
}

// account is a system user; the programs refuse to run as root.
type account struct {
	name     string
	uid, gid uint32
}

// find returns the first installation with both programs: DEVPG_BIN, PATH, the
// packages' folders (highest version first), npm's embedded-postgres.
func find() (installation, error) {
	bin, err := findBin()
	if err != nil {
		return installation{}, err
	}
	install := installation{bin: bin}
	if os.Geteuid() != 0 {
		return install, nil
	}
	if install.user, err = unprivileged(); err != nil {
		return installation{}, err
	}
	if blocked := blockedFor(bin, install.user.uid); blocked != "" {
		return installation{}, fmt.Errorf("PostgreSQL refuses to run as root, and user %s may not enter %s: "+
			"install it with `apt-get install -y --no-install-recommends postgresql`, or run as another user",
			install.user.name, blocked)
	}
	return install, nil
}

func findBin() (string, error) {
	if named := os.Getenv(EnvBin); named != "" {
		if !complete(named) {
			return "", fmt.Errorf("%s is %s, where initdb and postgres are not both found: name the folder that holds them, or unset it", EnvBin, named)
		}
		return named, nil
	}
	if initdb, err := exec.LookPath("initdb"); err == nil && complete(filepath.Dir(initdb)) {
		return filepath.Dir(initdb), nil
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian and Ubuntu, which keep it off PATH
		"/usr/pgsql-*/bin",          // PostgreSQL's own packages for Red Hat
		"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		if bin := newest(pattern); bin != "" {
			return bin, nil
		}
	}
	if bin := embedded(); bin != "" {
		return bin, nil
	}
	return "", errNotFound
}

var errNotFound = errors.New(`no PostgreSQL found. Any one of these mends it:
  sudo apt-get install -y --no-install-recommends postgresql     (Debian, Ubuntu)
  brew install postgresql@17                                     (macOS)
  export ` + EnvBin + `=/folder/of/initdb/and/postgres               (it is elsewhere)
Tests can also use a server you run: export ` + EnvURL + `=postgres://user:password@127.0.0.1:5432/postgres
(docker run -d -p 127.0.0.1:5432:5432 -e POSTGRES_PASSWORD=… postgres:17 gives one)`)

func complete(bin string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(bin, program))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// newest returns the complete folder of the highest version among those that
// match; the version is the first number in the part that the star stands for.
func newest(pattern string) string {
	matches, _ := filepath.Glob(pattern) // fails only on a bad pattern
	before, _, _ := strings.Cut(pattern, "*")
	version := func(bin string) float64 {
		number, _, _ := strings.Cut(strings.TrimPrefix(bin, before), string(filepath.Separator))
		v, _ := strconv.ParseFloat(number, 64) // "latest" counts as 0
		return v
	}
	slices.SortFunc(matches, func(a, b string) int { return int(100 * (version(b) - version(a))) })
	for _, bin := range matches {
		if complete(bin) {
			return bin
		}
	}
	return ""
}

// embedded returns the programs of npm's embedded-postgres, when node_modules
// of the working directory or one above it holds them.
func embedded() string {
	arch := map[string]string{"amd64": "x64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	dir, err := os.Getwd()
	for err == nil {
		native := filepath.Join(dir, "node_modules", "@embedded-postgres", runtime.GOOS+"-"+arch, "native")
		if bin := filepath.Join(native, "bin"); complete(bin) && linkLibraries(native) == nil {
			return bin
		}
		if filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

// linkLibraries makes the links that an npm package cannot carry. Its own
// post-install script would make them, but npm may not run that without
// approval. Links that exist are left alone, so a second run changes nothing.
func linkLibraries(native string) error {
	content, err := os.ReadFile(filepath.Join(native, "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(content, &links); err != nil {
		return fmt.Errorf("pg-symlinks.json: %w", err)
	}
	root, err := os.OpenRoot(filepath.Dir(native)) // no link may be made outside the package
	if err != nil {
		return err
	}
	defer root.Close()
	for _, l := range links {
		target := filepath.Clean(l.Target)
		source, err := filepath.Rel(filepath.Dir(target), filepath.Clean(l.Source))
		if err != nil {
			return err
		}
		if err := root.Symlink(source, target); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// unprivileged returns the user that root starts the programs as. It must stand
// in the user database, for initdb looks its name up.
func unprivileged() (*account, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, fmt.Errorf("read user %s: %w", name, err)
		}
		return &account{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody: `useradd --system postgres`")
}
