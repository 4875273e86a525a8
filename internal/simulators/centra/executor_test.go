package centra_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/centra"
)

func TestTheExecutorFollowsTheSpecification(t *testing.T) {
	t.Parallel()
	s := open(t, order(1), order(2, func(o *centra.SeedOrder) { o.Store, o.Market = "trade", "" }))
	for name, tt := range map[string]struct {
		query     string
		variables m
		want      string
	}{
		"fields come in the order asked for": {
			query: `{ stores { type name id } }`,
			want:  `{"stores":[{"type":"DIRECT_TO_CONSUMER","name":"atelier","id":1},{"type":"DIRECT_TO_CONSUMER","name":"outlet","id":2},{"type":"WHOLESALE","name":"trade","id":3}]}`,
		},
		"aliases keep two answers apart": {
			query: `{ a: orders(where: {number: 1}) { number } b: orders(where: {number: 2}) { number } }`,
			want:  `{"a":[{"number":1}],"b":[{"number":2}]}`,
		},
		"fragments apply by type, and selections merge": {
			query: `query { orders { ...f ... on WholesaleOrder { __typename store { id } } ... on DirectToConsumerOrder { customer { email } } ... { store { name } } } } fragment f on Order { number }`,
			want:  `{"orders":[{"number":1,"customer":{"email":"astrid@example.com"},"store":{"name":"atelier"}},{"number":2,"__typename":"WholesaleOrder","store":{"id":3,"name":"trade"}}]}`,
		},
		"skip and include": {
			query:     `query($no: Boolean!, $yes: Boolean = true) { orders(limit: 1) { number @skip(if: $yes) id @include(if: $no) status @include(if: $yes) ... @skip(if: true) { locked: isLocked } } }`,
			variables: m{"no": false}, want: `{"orders":[{"status":"CONFIRMED"}]}`,
		},
		"a variable left out takes the argument's default": {
			query: `query($limit: Int, $from: DateTimeTz) { orders(limit: $limit, where: {createdAt: {from: $from}}) { number } }`,
			want:  `{"orders":[{"number":1},{"number":2}]}`,
		},
		"one value stands for a list of one": {
			query: `query($w: OrderFilter) { orders(where: $w) { number } }`, variables: m{"w": m{"number": 2, "status": "CONFIRMED"}},
			want: `{"orders":[{"number":2}]}`,
		},
		"dates are formatted as asked": {query: `{ orders(limit: 1) { orderDate(format: "\\Y.") } }`, want: `{"orders":[{"orderDate":"Y."}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.as(t, "all", tt.query, tt.variables)
			require.Equal(t, 200, a.status, a.raw)
			require.Equal(t, tt.want, extract(t, a.raw))
		})
	}
}

func TestANullGoesUpToTheNearestNullableParent(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	a := s.as(t, "all", `{ stores { id } orders { number shipments { id } lines { productSize { SKU stock(limit: 500) { physicalQuantity } } id } } }`, nil)
	require.Equal(t, 200, a.status)
	require.Len(t, a.Errors, 2)
	require.Equal(t, []any{"orders", 0.0, "lines", 0.0, "productSize", "stock"}, a.Errors[0]["path"])
	line := a.Data["orders"].([]any)[0].(map[string]any)["lines"].([]any)[0].(map[string]any)
	require.Nil(t, line["productSize"], "stock is not nullable, productSize is")
	require.NotNil(t, line["id"])
}

func TestSeveralMutationsRunInOrder(t *testing.T) {
	t.Parallel()
	s := open(t, order(1, func(o *centra.SeedOrder) { o.Status = "PENDING" }))
	a := s.as(t, "all", `mutation { a: confirmOrder(input: {order: {number: 1}}) { order { status } } b: confirmOrder(input: {order: {number: 1}}) { userErrors { path } } }`, nil)
	require.Equal(t, `{"a":{"order":{"status":"CONFIRMED"}},"b":{"userErrors":[{"path":["input","order"]}]}}`, extract(t, a.raw))
	require.Equal(t, 2, s.truth(t).Mutations.Used)
}
