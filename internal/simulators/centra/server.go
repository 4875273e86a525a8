package centra

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

const (
	maxRequest  = 8 << 20
	maxSeed     = 512 << 20
	maxPlanned  = 1000 // documents kept parsed
	contentJSON = "application/json"
)

func (s *Simulator) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", s.weather.Wrap(http.HandlerFunc(s.serveGraphQL)))
	mux.Handle("/_sim/weather", s.weather)
	mux.Handle("/_sim/advance", s.clock)
	mux.HandleFunc("POST /_sim/seed", func(w http.ResponseWriter, r *http.Request) {
		var seed Seed
		control(w, r, &seed, func() error { return s.Seed(seed) })
	})
	mux.HandleFunc("POST /_sim/admin", func(w http.ResponseWriter, r *http.Request) {
		var action Action
		control(w, r, &action, func() error { return s.Admin(action) })
	})
	mux.HandleFunc("GET /_sim/state", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, http.StatusOK, s.State()) })
	return mux
}

// ServeHTTP serves POST /graphql, disturbed by the weather, and the control
// paths under /_sim/, which never are.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func control(w http.ResponseWriter, r *http.Request, into any, do func() error) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxSeed))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		answerJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	if err := do(); err != nil {
		status := http.StatusBadRequest
		if errors.Is(err, errRefused) {
			status = http.StatusConflict
		}
		answerJSON(w, status, map[string]string{"error": err.Error()})
		return
	}
	answerJSON(w, http.StatusOK, map[string]bool{"ok": true})
}

func answerJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", contentJSON)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the caller may be gone
}

// serveGraphQL answers one request, in the order in which the real server
// refuses: token, request quota, JSON, document, variables, permissions, quota.
func (s *Simulator) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		s.refuse(w, http.StatusBadRequest, "request", gqlError{Message: "the body could not be read"})
		return
	}
	s.mu.Lock()
	t := s.authenticate(r)
	if t == nil {
		leak := s.leak
		s.mu.Unlock()
		s.refuse(w, http.StatusForbidden, "authorization", gqlError{Message: strings.TrimSpace("Access denied: the token is unknown, revoked or expired. " + leak)})
		return
	}
	if wait := s.spend(1, 0, 0); wait > 0 {
		retryAfter := s.formatRetryAfter(s.retryFormat, wait)
		s.mu.Unlock()
		tooMany(w, retryAfter)
		return
	}
	s.mu.Unlock()

	p, bad := s.prepare(body, r.Header.Get("Content-Type"))
	if bad != nil {
		s.refuse(w, http.StatusBadRequest, "graphql", bad...)
		return
	}
	if denied := p.denied(t); denied != nil {
		s.write(w, http.StatusOK, object{{"errors", denied}, {"extensions", s.extensions(p, t)}})
		return
	}
	s.execute(w, p, t)
}

func (s *Simulator) execute(w http.ResponseWriter, p *plan, t *token) {
	s.mu.Lock()
	if wait := s.spend(0, p.complexity, p.mutations); wait > 0 {
		s.mutations.Refused += p.mutations
		retryAfter := s.formatRetryAfter(s.retryFormat, wait)
		s.mu.Unlock()
		tooMany(w, retryAfter)
		return
	}
	s.mutations.Used += p.mutations
	x := &exec{Simulator: s, plan: p, token: t}
	data := x.run()
	s.flush()
	s.mu.Unlock()

	out := object{}
	if len(x.errors) > 0 {
		out = append(out, pair{"errors", x.errors})
	}
	out = append(out, pair{"data", data}, pair{"extensions", s.extensions(p, t)})
	s.write(w, http.StatusOK, out)
}

func tooMany(w http.ResponseWriter, retryAfter string) {
	w.Header().Set("Retry-After", retryAfter)
	http.Error(w, "Too Many Requests", http.StatusTooManyRequests)
}

// prepare parses, validates and plans a request; its errors are answered 400.
func (s *Simulator) prepare(body []byte, contentType string) (*plan, []gqlError) {
	fault := func(format string, a ...any) []gqlError { return []gqlError{{Message: fmt.Sprintf(format, a...)}} }
	if !strings.HasPrefix(contentType, contentJSON) {
		return nil, fault("Content-Type is %q, must be application/json", contentType)
	}
	var request struct {
		Query         *string        `json:"query"`
		Variables     map[string]any `json:"variables"`
		OperationName string         `json:"operationName"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&request); err != nil {
		return nil, fault("Invalid JSON: %v", err)
	}
	if decoder.More() {
		return nil, fault("Invalid JSON: more than one value")
	}
	if request.Query == nil || strings.TrimSpace(*request.Query) == "" {
		return nil, fault(`GraphQL Request must include a non-empty "query"`)
	}
	document, errs := s.parse(*request.Query)
	if errs != nil {
		return nil, errs
	}
	operation := document.Operations.ForName(request.OperationName)
	if operation == nil {
		return nil, fault("operationName %q names no single operation of the document", request.OperationName)
	}
	p, err := newPlan(s.schema, operation, request.Variables)
	if err != nil {
		return nil, fault("%v", err)
	}
	if p.introspect && s.introspectionOff.Load() {
		return nil, fault("GraphQL introspection is not allowed, but the query contained __schema or __type")
	}
	return p, nil
}

// parse validates a document and remembers it: a client sends the same few.
func (s *Simulator) parse(text string) (*ast.QueryDocument, []gqlError) {
	if known, ok := s.documents.Load(text); ok {
		return known.(*ast.QueryDocument), nil
	}
	document, bad := gqlparser.LoadQueryWithRules(s.schema.Schema, text, rules.NewDefaultRules())
	if bad != nil {
		return nil, translate(bad)
	}
	if s.documentCount.Add(1) <= maxPlanned {
		s.documents.Store(text, document)
	}
	return document, nil
}

func translate(list gqlerror.List) []gqlError {
	out := make([]gqlError, len(list))
	for i, e := range list {
		out[i].Message = e.Message
		for _, l := range e.Locations {
			out[i].Locations = append(out[i].Locations, location{l.Line, l.Column})
		}
	}
	return out
}

// refuse answers a request that was not executed.
func (s *Simulator) refuse(w http.ResponseWriter, status int, category string, errs ...gqlError) {
	for i := range errs {
		errs[i].Extensions = map[string]string{"category": category}
	}
	s.write(w, status, object{{"errors", errs}, {"extensions", object{
		{"complexity", 0}, {"permissionsUsed", []string{}}, {"appVersion", s.appVersion},
	}}})
}

func (s *Simulator) extensions(p *plan, t *token) object {
	used := []string{}
	for _, n := range p.needs {
		if t.may(n.permission) {
			used = append(used, n.permission)
		}
	}
	out := object{{"complexity", p.complexity}, {"permissionsUsed", used}, {"appVersion", s.appVersion}}
	if len(p.deprecated) > 0 {
		out = append(out, pair{"deprecatedFieldsUsed", p.deprecated})
	}
	return out
}

func (s *Simulator) write(w http.ResponseWriter, status int, body object) {
	var buffer bytes.Buffer
	writeJSON(&buffer, body)
	w.Header().Set("Content-Type", contentJSON)
	w.WriteHeader(status)
	_, _ = w.Write(buffer.Bytes()) // the caller may be gone
}

// writeJSON keeps the order of fields, which encoding/json's maps would not.
func writeJSON(b *bytes.Buffer, value any) {
	switch v := value.(type) {
	case nil:
		b.WriteString("null")
	case object:
		b.WriteByte('{')
		for i, p := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, p.key)
			b.WriteByte(':')
			writeJSON(b, p.value)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, item)
		}
		b.WriteByte(']')
	case int:
		b.WriteString(itoa(v))
	case bool:
		fmt.Fprint(b, v)
	default:
		encoded, err := json.Marshal(v)
		if err != nil {
			encoded = []byte("null")
		}
		b.Write(encoded)
	}
}
