package centra

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"selvedge/internal/fault"
	"selvedge/internal/systems/centra/wire"
	"selvedge/internal/systems/rest"
)

// Codes of faults that one order in a batch can cause: the batch is then halved.
const (
	codeUnreadable = "unreadable_answer"
	codeTooLarge   = "answer_too_large"
	codeExecution  = "execution"
)

const (
	// retryWhenSilent is how long to wait after a 429 that does not say how long.
	retryWhenSilent = 10 * time.Second
	// maxJitter spreads the callers that were all told the same moment.
	maxJitter = 2 * time.Second
)

// statusFault classifies an answer whose status is not 200. Its body is not read:
// it may hold anything, and the status says what has to happen.
func (c *client) statusFault(call call, res *http.Response) error {
	f := &fault.Fault{System: system, Op: call.op, Code: "http_" + strconv.Itoa(res.StatusCode)}
	now := c.now()
	retryAt, named := rest.RetryAfter(res.Header, now)
	switch status := res.StatusCode; {
	case status == http.StatusTooManyRequests:
		if !named {
			retryAt = now.Add(retryWhenSilent)
		}
		f.Kind, f.Message = fault.RateLimited, "Centra's quota is used up"
		f.RetryAt = retryAt.Add(rand.N(maxJitter))
		c.pace.block(call, f.RetryAt)
		c.quotasUnknown()
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		f.Kind, f.Code = fault.Misconfigured, "credentials"
		f.Message = "Centra does not accept the API token; it is wrong, expired or revoked: make a new one under System > API tokens and set TOKEN"
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status >= 300 && status < 400:
		f.Kind, f.Code = fault.Misconfigured, "address"
		f.Message = "there is no GraphQL endpoint at the configured URL (status " + strconv.Itoa(status) + "); correct URL"
	case status == http.StatusRequestTimeout, status == 499, status >= 500, status < 300:
		f.Kind, f.Message = call.lost(), "Centra failed with status "+strconv.Itoa(status)
		if named {
			f.RetryAt = retryAt
		}
	default:
		f.Kind, f.Message = fault.Invalid, "Centra does not understand our request (status "+strconv.Itoa(status)+"); this is ours to mend, sending it again does not help"
	}
	return f
}

type graphqlError struct {
	Message    string          `json:"message"`
	Path       wire.Path       `json:"path"`
	Extensions json.RawMessage `json:"extensions"`
}

func (e graphqlError) category() string {
	var x struct {
		Category string `json:"category"`
	}
	if json.Unmarshal(e.Extensions, &x) != nil { // null, absent or of another shape: no category
		return ""
	}
	return x.Category
}

var permission = regexp.MustCompile(`\b[A-Z][A-Za-z]*(?:\.[A-Za-z]+)*:(?:read|write)\b`)

// graphqlFault classifies errors[]. It is nil when there are none.
//
// A mutation that was executed and failed inside may have taken effect: it is told
// by errors with a path beside a data member (even null, since every payload is
// non-null and its loss empties data).
func graphqlFault(call call, e envelope) error {
	var list []graphqlError
	if len(e.Errors) > 0 && json.Unmarshal(e.Errors, &list) != nil {
		return &fault.Fault{Kind: call.lost(), System: system, Op: call.op, Code: codeUnreadable, Message: "the errors in the answer cannot be read"}
	}
	if len(list) == 0 {
		return nil
	}
	f := &fault.Fault{Kind: fault.Invalid, System: system, Op: call.op, Code: "graphql", Message: "Centra does not take our query; this is ours to mend"}
	executed := false
	for _, g := range list {
		inside := len(g.Path) > 1 || len(g.Path) == 1 && g.category() != "authorization" // permissions are checked first
		executed = executed || inside && len(e.Data) > 0
		problem := fault.Problem{Code: "graphql", Field: cleanPath(g.Path), Message: clean(g.Message, call.sent)}
		switch g.category() {
		case "authorization":
			f.Kind, f.Code, problem.Code = fault.Misconfigured, "permission", "permission"
			f.Message = "the API token lacks a permission; add it to the token in Centra"
			if p := permission.FindString(g.Message); p != "" {
				problem.Value = p
			}
		case "internal":
			if f.Kind == fault.Invalid {
				f.Kind, f.Code, f.Message = call.lost(), "internal", "Centra failed inside"
			}
		}
		f.Problems = append(f.Problems, problem)
	}
	switch {
	case executed && !call.reads:
		f.Kind, f.Message = fault.Uncertain, "the mutation was executed and its answer is incomplete"
	case executed && f.Kind == fault.Invalid:
		f.Code, f.Message = codeExecution, "Centra could not answer a part of our query"
	}
	return f
}

// refusal turns userErrors into a fault: the mutation failed and changed nothing.
// It is nil when there are none.
func refusal(op string, sent any, errors []wire.Notice) error {
	if len(errors) == 0 {
		return nil
	}
	known, _ := json.Marshal(sent) // a failure only means that fewer numbers are repeated
	f := &fault.Fault{Kind: fault.Rejected, System: system, Op: op, Code: "user_error", Message: "Centra refuses"}
	for _, e := range errors {
		f.Problems = append(f.Problems, fault.Problem{Code: "user_error", Field: cleanPath(e.Path), Message: clean(e.Message, known)})
	}
	return f
}

// warnings cleans what succeeded only in part.
func warnings(sent any, list []wire.Notice) []string {
	known, _ := json.Marshal(sent)
	var texts []string
	for _, w := range list {
		texts = append(texts, clean(w.Message, known))
	}
	return texts
}

// silent is the fault of a mutation that answers with neither entity nor userErrors.
func silent(op string) error {
	return &fault.Fault{Kind: fault.Uncertain, System: system, Op: op, Code: "no_entity", Message: "the answer holds neither a result nor userErrors"}
}

// invalid is a fault about data that we were given.
func invalid(op, field, value, message string) error {
	return &fault.Fault{Kind: fault.Invalid, System: system, Op: op, Code: "invalid", Problems: []fault.Problem{
		{Code: "invalid", Field: field, Value: value, Message: message},
	}}
}
