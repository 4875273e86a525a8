package main

import (
	"fmt"
	"os"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const clusterName = "active"

// innerServices are the server's parts besides the frontend; each listens on a
// port of its own.
var innerServices = []string{
	string(primitives.HistoryService), string(primitives.MatchingService), string(primitives.WorkerService),
}

// temporalServer is a running Temporal server.
type temporalServer struct{ server temporal.Server }

func (s temporalServer) stop() {
	if err := s.server.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "devserver: stop Temporal:", err)
	}
}

// startTemporal prepares the database and starts all of the server's services.
// It returns before they answer; awaitReady waits for that.
func startTemporal(o *options) (temporalServer, error) {
	if err := prepareDatabase(o); err != nil {
		return temporalServer{}, err
	}
	hosts := map[primitives.ServiceName]static.Hosts{
		primitives.FrontendService: static.SingleLocalHost(o.address()),
	}
	for service := range o.inner {
		hosts[primitives.ServiceName(service)] = static.SingleLocalHost(o.innerAddress(service))
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(serverConfig(o)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(log.NewZapLogger(newLogger(o.logLevel))),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithDynamicConfigClient(dynamicSettings()),
	)
	if err != nil {
		return temporalServer{}, fmt.Errorf("set up Temporal: %w", err)
	}
	if err := server.Start(); err != nil {
		return temporalServer{}, fmt.Errorf("start Temporal: %w", err)
	}
	return temporalServer{server}, nil
}

func serverConfig(o *options) *config.Config {
	service := func(port int) config.Service {
		return config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: o.ip}}
	}
	cfg := &config.Config{
		Global: config.Global{Membership: config.Membership{BroadcastAddress: o.ip}},
		Persistence: config.Persistence{
			DefaultStore:    storeName,
			VisibilityStore: storeName,
			// One connection serves the whole file, so more shards would only add goroutines.
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{storeName: {SQL: openDatabase(o.db)}},
		},
		ClusterMetadata: &cluster.Config{
			EnableGlobalNamespace:    false,
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: o.address()},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            map[string]config.Service{string(primitives.FrontendService): service(o.port)},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
		}},
		PublicClient: config.PublicClient{HostPort: o.address()},
	}
	for name, port := range o.inner {
		cfg.Services[name] = service(port)
	}
	return cfg
}

// newLogger writes JSON lines to standard error, which the parent may keep.
func newLogger(level zapcore.Level) *zap.Logger {
	encoder := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(os.Stderr), level))
}
