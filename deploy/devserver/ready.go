package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// frontendHealth is the name under which the frontend answers health checks.
const frontendHealth = "temporal.api.workflowservice.v1.WorkflowService"

// awaitReady returns once the frontend is healthy, the namespace resolves, the
// search attributes exist and the Web UI answers. It then has nothing left that
// a first caller could stumble over.
func awaitReady(ctx context.Context, o *options) error {
	conn, err := grpc.NewClient(o.address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("connect to the frontend: %w", err)
	}
	defer conn.Close()

	steps := []struct {
		name string
		try  func(context.Context) error
	}{
		{"frontend health", func(ctx context.Context) error { return healthy(ctx, conn) }},
		{"namespace " + o.namespace, func(ctx context.Context) error {
			request := &workflowservice.DescribeNamespaceRequest{Namespace: o.namespace}
			_, err := workflowservice.NewWorkflowServiceClient(conn).DescribeNamespace(ctx, request)
			return err
		}},
		{"search attributes", func(ctx context.Context) error {
			return ensureAttributes(ctx, operatorservice.NewOperatorServiceClient(conn), o)
		}},
		{"Web UI", func(ctx context.Context) error { return answers(ctx, o.webUI()+"/healthz") }},
	}
	for _, step := range steps {
		if err := eventually(ctx, step.try); err != nil {
			return fmt.Errorf("wait for %s: %w", step.name, err)
		}
	}
	return nil
}

// errFinal marks what trying again cannot mend.
var errFinal = errors.New("cannot be mended by waiting")

// eventually tries until it succeeds, fails for good or ctx ends; it then
// returns the last failure.
func eventually(ctx context.Context, try func(context.Context) error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := try(attempt)
		cancel()
		if err == nil || errors.Is(err, errFinal) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}

func healthy(ctx context.Context, conn *grpc.ClientConn) error {
	request := &grpc_health_v1.HealthCheckRequest{Service: frontendHealth}
	response, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, request)
	if err != nil {
		return err
	}
	if response.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("the frontend reports %s", response.GetStatus())
	}
	return nil
}

// ensureAttributes adds the search attributes that a namespace of an older
// database lacks. It looks first, so a second run adds nothing.
func ensureAttributes(ctx context.Context, operator operatorservice.OperatorServiceClient, o *options) error {
	listed, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: o.namespace})
	if err != nil {
		return err
	}
	missing := map[string]enumspb.IndexedValueType{}
	for _, name := range slices.Sorted(maps.Keys(o.attributes)) {
		want := o.attributes[name]
		have, ok := listed.GetCustomAttributes()[name]
		switch {
		case !ok:
			missing[name] = want
		case have != want:
			return fmt.Errorf("%w: the database has search attribute %s as %s, not %s: start with a new --db",
				errFinal, name, have, want)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: o.namespace, SearchAttributes: missing,
	})
	if err != nil {
		return err
	}
	return fmt.Errorf("added %d search attributes, waiting until they are listed", len(missing))
}

func answers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, response.Status)
	}
	return nil
}
