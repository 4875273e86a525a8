package deploytest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"gopkg.in/yaml.v3"
)

// Compose is the part of a docker-compose.yml that has to agree with the code. Unknown
// keys of a service are left alone.
type Compose struct {
	Services map[string]Service `yaml:"services"`
}

// Service is one service of a docker-compose.yml.
type Service struct {
	Image       string                `yaml:"image"`
	Build       *Build                `yaml:"build"`
	Profiles    []string              `yaml:"profiles"`
	Environment map[string]string     `yaml:"environment"`
	EnvFile     string                `yaml:"env_file"`
	Entrypoint  []string              `yaml:"entrypoint"`
	Command     []string              `yaml:"command"`
	DependsOn   map[string]Dependency `yaml:"depends_on"`
	Healthcheck *Healthcheck          `yaml:"healthcheck"`
	Ports       []string              `yaml:"ports"`
	Volumes     []string              `yaml:"volumes"`
}

// Build says how an image is made here.
type Build struct {
	Context    string `yaml:"context"`
	Dockerfile string `yaml:"dockerfile"`
}

// Dependency is what another service must have reached.
type Dependency struct {
	Condition string `yaml:"condition"`
}

// Healthcheck is how the engine asks whether a service works.
type Healthcheck struct {
	Test []string `yaml:"test"`
}

// ReadCompose reads a docker-compose.yml.
func ReadCompose(file string) (Compose, error) {
	f, err := os.Open(file)
	if err != nil {
		return Compose{}, fmt.Errorf("read services: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	decoder := yaml.NewDecoder(f)
	var c Compose
	if err := decoder.Decode(&c); err != nil {
		return Compose{}, fmt.Errorf("read %s: %w", file, err)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return Compose{}, fmt.Errorf("read %s: it holds more than one document", file)
	}
	return c, nil
}

var reference = regexp.MustCompile(`\$\{([A-Za-z0-9_]+)|\$([A-Za-z_][A-Za-z0-9_]*)|\$\$`)

// References names the variables that compose fills in from the environment, such as
// POSTGRES_PASSWORD in ${POSTGRES_PASSWORD:?set it}. $$ is a dollar sign, not a variable.
func References(text string) []string {
	var names []string
	for _, m := range reference.FindAllStringSubmatch(text, -1) {
		if name := m[1] + m[2]; name != "" {
			names = append(names, name)
		}
	}
	return names
}
