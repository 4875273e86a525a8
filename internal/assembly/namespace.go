package assembly

import "go.temporal.io/sdk/contrib/envconfig"

// namespace is the one that TEMPORAL_* name, as the client uses it.
func namespace() string {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil || options.Namespace == "" {
		return "default"
	}
	return options.Namespace
}
