package main

import (
	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
)

// startUI serves the Web UI. The UI server ends the process itself when its
// port is taken, with the reason on standard error.
func startUI(o *options) *uiserver.Server {
	ui := uiserver.NewServer(uioptions.WithConfigProvider(uiSettings(o)))
	go func() { _ = ui.Start() }() // returns nil after Stop, exits the process otherwise
	return ui
}

// uiSettings leaves people the buttons that are answers to an order's question
// (signal, update) and takes away those that would end or freeze an order
// behind its back: cancelled, terminated or reset in the Web UI, it would be
// lost to the warehouse and the shop alike.
func uiSettings(o *options) *uiconfig.Config {
	return &uiconfig.Config{
		Host:                o.ip,
		Port:                o.uiPort,
		TemporalGRPCAddress: o.address(),
		EnableUI:            true,
		DefaultNamespace:    o.namespace,

		WorkflowCancelDisabled:    true,
		WorkflowTerminateDisabled: true,
		WorkflowResetDisabled:     true,
		WorkflowPauseDisabled:     true,
		BatchActionsDisabled:      true, // the UI's bulk actions are just cancel, terminate and reset
		ActivityCommandsDisabled:  true, // activity pause and reset leave no event in the history

		CORS:             uiconfig.CORS{CookieInsecure: true}, // plain http on loopback
		HideLogs:         true,                                // a line per request otherwise, on standard output
		DisableNewsFetch: true,                                // works offline and tells nobody
	}
}
