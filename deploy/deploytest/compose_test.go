package deploytest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/deploy/deploytest"
)

const root = "../.."

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func healthcheck(h *deploytest.Healthcheck) []string {
	if h == nil || len(h.Test) == 0 || h.Test[0] != "CMD" {
		return nil
	}
	return h.Test[1:]
}

func compose(t *testing.T) deploytest.Compose {
	t.Helper()
	c, err := deploytest.ReadCompose(root + "/docker-compose.yml")
	require.NoError(t, err)
	return c
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, file))
	require.NoError(t, err)
	return string(data)
}

// interpolated is what compose itself takes from .env.
func interpolated(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	var code []string
	for _, line := range strings.Split(read(t, "docker-compose.yml"), "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			code = append(code, line)
		}
	}
	for _, name := range deploytest.References(strings.Join(code, "\n")) {
		names[name] = true
	}
	return names
}

func TestReferencesAreFoundInEverySpelling(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"A", "B_1", "C", "D"}, deploytest.References("${A} x${B_1:?set it}$C $$NOT ${D:-no}"))
}

func TestComposeNamesEveryServiceAndWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	const healthy, done = "service_healthy", "service_completed_successfully"
	services := compose(t).Services
	for name, waits := range map[string]map[string]string{
		"postgresql":         {},
		"temporal-schema":    {"postgresql": healthy},
		"temporal":           {"temporal-schema": done},
		"temporal-namespace": {"temporal": healthy},
		"temporal-ui":        {"temporal": healthy},
		"setup":              {"postgresql": healthy, "temporal-namespace": done},
		"schedules":          {"setup": done},
		"worker":             {"setup": done},
		"serve":              {"setup": done},
		"simulators":         {},
	} {
		require.Contains(t, services, name)
		for other, condition := range waits {
			require.Equal(t, condition, services[name].DependsOn[other].Condition, "%s waits for %s", name, other)
		}
	}
	for name, s := range services {
		for other, d := range s.DependsOn {
			require.Contains(t, services, other, "%s waits for it", name)
			if d.Condition == healthy {
				require.NotNil(t, services[other].Healthcheck, "%s waits until %s is healthy, which nothing tells", name, other)
			}
		}
	}
}

func TestEveryVariableOfComposeExists(t *testing.T) {
	t.Parallel()
	listed, settings, sdk := example(t), declared(t), temporal(t)
	for name := range interpolated(t) {
		require.Contains(t, listed, name, "${%s} stands in docker-compose.yml: list it in .env.example", name)
	}
	for name, s := range compose(t).Services {
		for variable := range s.Environment {
			switch {
			case strings.HasPrefix(variable, "SELVEDGE_"):
				require.Contains(t, settings, variable, "service %s", name)
			case strings.HasPrefix(variable, "TEMPORAL_") && s.Build != nil:
				require.True(t, sdk[variable], "service %s: nothing reads %s", name, variable)
			}
		}
		// The simulators stand in for the outside systems and are told nothing of ours.
		if s.Build != nil && name != "simulators" {
			require.Equal(t, ".env", s.EnvFile, "service %s has no settings", name)
			require.Contains(t, s.Environment, "DATABASE_URL", "service %s", name)
		}
	}
}

func TestImagesArePinnedToTheVersionsThatTheDemoRuns(t *testing.T) {
	t.Parallel()
	modules := read(t, "deploy/devserver/go.mod")
	version := func(module string) string {
		found := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(module) + ` v([0-9.]+)$`).FindStringSubmatch(modules)
		require.NotNil(t, found, "deploy/devserver requires no %s", module)
		return found[1]
	}
	services := compose(t).Services
	require.Equal(t, "temporalio/server:"+version("go.temporal.io/server"), services["temporal"].Image)
	require.Equal(t, "temporalio/admin-tools:"+version("go.temporal.io/server"), services["temporal-schema"].Image)
	require.Equal(t, "temporalio/admin-tools:"+version("go.temporal.io/server"), services["temporal-namespace"].Image)
	require.Equal(t, "temporalio/ui:"+version("github.com/temporalio/ui-server/v2"), services["temporal-ui"].Image)
	for name, s := range services {
		if s.Build == nil {
			require.Regexp(t, `^[a-z/-]+:[0-9]+\.[0-9]+(\.[0-9]+)?$`, s.Image, "service %s", name)
		} else {
			require.FileExists(t, filepath.Join(root, s.Build.Context, s.Build.Dockerfile))
		}
	}
}

func TestTheWebUILacksTheButtonsThatTheDemoLacks(t *testing.T) {
	t.Parallel()
	off := regexp.MustCompile(`(?m)^\s*([A-Za-z]+Disabled):\s+true,`).FindAllStringSubmatch(read(t, "deploy/devserver/ui.go"), -1)
	require.Len(t, off, 6, "cancel, terminate, reset, pause, batch actions, activity commands")
	words := regexp.MustCompile(`([a-z])([A-Z])`)
	for _, m := range off {
		variable := "TEMPORAL_" + strings.ToUpper(words.ReplaceAllString(m[1], "${1}_$2"))
		require.Equal(t, "true", compose(t).Services["temporal-ui"].Environment[variable], variable)
	}
}

func TestNothingListensBeyondThisMachine(t *testing.T) {
	t.Parallel()
	for name, s := range compose(t).Services {
		for _, port := range s.Ports {
			require.True(t, strings.HasPrefix(port, "127.0.0.1:"), "service %s publishes %s", name, port)
		}
	}
}

func TestMountedFilesExistAndScriptsParse(t *testing.T) {
	t.Parallel()
	scripts := 0
	for name, s := range compose(t).Services {
		mounts := map[string]string{}
		for _, v := range s.Volumes {
			if here, there, ok := strings.Cut(strings.TrimSuffix(v, ":ro"), ":"); ok && strings.HasPrefix(here, "./") {
				require.DirExists(t, filepath.Join(root, here), "service %s", name)
				mounts[there] = here
			}
		}
		words := append(s.Entrypoint, s.Environment["DYNAMIC_CONFIG_FILE_PATH"])
		for there, here := range mounts {
			for _, word := range words {
				if rest, ok := strings.CutPrefix(word, there+"/"); ok {
					file := filepath.Join(root, here, rest)
					require.FileExists(t, file, "service %s", name)
					if strings.HasSuffix(file, ".sh") {
						out, err := exec.CommandContext(t.Context(), "sh", "-n", file).CombinedOutput()
						require.NoError(t, err, "%s", out)
						scripts++
					}
				}
			}
		}
	}
	require.Equal(t, 2, scripts, "the scripts of deploy/temporal are not used")
}
