package coverage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/coverage"
	"selvedge/internal/domain"
)

// A warehouse that is away does not say what it delivers: gaps that only its answer
// could close stay.
func TestAWarehouseThatIsAwayClosesNoGapOfWhatItDelivers(t *testing.T) {
	t.Parallel()
	in := shop()
	in.Warehouses[0].Services = nil
	_, compared := coverage.Find(in)
	require.Contains(t, compared, domain.CoverageList{Source: coverage.SourceMethods, Scope: "north", Except: "not-deliverable"})
	in.Warehouses[0].Services = []coverage.Service{}
	_, compared = coverage.Find(in)
	require.Contains(t, compared, domain.CoverageList{Source: coverage.SourceMethods, Scope: "north"})
}
