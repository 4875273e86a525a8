package console

import (
	"context"
	"net/url"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/ports"
)

// DocumentsData is what the pages of documents read and answer.
type DocumentsData interface {
	DocumentCauses(ctx context.Context) ([]ports.DocumentCause, error)
	Documents(ctx context.Context, f ports.DocumentFilter, limit int) ([]ports.DocumentRecord, error)
	OrderDocuments(ctx context.Context, id domain.OrderID) ([]ports.DocumentRecord, error)
	Document(ctx context.Context, key domain.DocumentKey) (ports.DocumentRecord, error)
	LinksOpen(ctx context.Context, key domain.DocumentKey) ([]domain.DocumentKey, error)
	AnswerDocuments(ctx context.Context, a ports.DocumentAnswer, at time.Time) (int, error)
}

// documentsListed is how many documents are listed.
const documentsListed = 100

type documentsPage struct {
	Causes    []ports.DocumentCause
	Cause     string
	Answers   *documentAnswers       // to all that wait on Cause; nil without any
	Documents []ports.DocumentRecord // that no ledger has posted yet, the oldest first
	Cut       bool
	After     domain.DocumentKey
}

type documentPage struct {
	ports.DocumentRecord
	Waits   []domain.DocumentKey // that have to be posted before it
	Answers *documentAnswers
}

// documentAnswers is the form that answers one document, or all of a cause.
type documentAnswers struct {
	Key    domain.DocumentKey
	Cause  string
	Count  int
	Kind   exceptions.Kind
	Text   exceptions.Text
	Reason string
	// Retry, Late and Skip tell what is allowed.
	Retry, Late, Skip bool
}

func (v *visit) documents() error {
	p := documentsPage{Cause: v.r.URL.Query().Get("cause")}
	if p.Cause == "" {
		p.Cause = v.r.PostFormValue("cause")
	}
	var err error
	if p.Causes, err = v.c.o.Documents.DocumentCauses(v.ctx()); err != nil {
		return err
	}
	for _, c := range p.Causes {
		if c.Cause == p.Cause {
			p.Answers = v.documentAnswers(c.Cause, plural(c.Count, "document")+", the first "+string(c.First), c.Problems)
			p.Answers.Count = c.Count
		}
	}
	filter := ports.DocumentFilter{Unposted: true, Cause: p.Cause, After: domain.DocumentKey(v.r.URL.Query().Get("after"))}
	if p.Documents, err = v.c.o.Documents.Documents(v.ctx(), filter, documentsListed+1); err != nil {
		return err
	}
	if p.Cut = len(p.Documents) > documentsListed; p.Cut {
		p.Documents = p.Documents[:documentsListed]
		p.After = p.Documents[documentsListed-1].Document.Key
	}
	return v.show("documents", "Documents", p)
}

func (v *visit) document() error {
	key := domain.DocumentKey(v.r.URL.Query().Get("key"))
	if key == "" {
		key = domain.DocumentKey(v.r.PostFormValue("key"))
	}
	record, err := v.c.o.Documents.Document(v.ctx(), key)
	if err != nil {
		return err
	}
	p := documentPage{DocumentRecord: record}
	if p.Waits, err = v.c.o.Documents.LinksOpen(v.ctx(), key); err != nil {
		return err
	}
	switch {
	case record.Status == domain.DocumentPosted, record.Status == domain.DocumentDropped:
	case record.Held && !record.Released && !record.Stranded: // its return posts it, and asks about it
	default:
		p.Answers = v.documentAnswers(record.Cause, "document "+string(key), record.Problems)
		p.Answers.Key, p.Answers.Count = key, 1
		if record.Cause == "" { // on its way: it can only be taken off it
			p.Answers.Retry, p.Answers.Late, p.Answers.Skip = false, false, true
		}
	}
	return v.show("document", "Document "+string(key), p)
}

func (v *visit) documentAnswers(cause, subject string, problems []domain.Refusal) *documentAnswers {
	kind, text := described(domain.Question{Kind: kindOf(cause), Cause: cause, Subject: subject, Problems: problems})
	return &documentAnswers{
		Cause: cause, Kind: kind, Text: text, Reason: v.refused("reason"),
		Retry: true, Skip: true, Late: exceptions.Allows(kind, string(exceptions.Override)) == nil && kind.Override == "late",
	}
}

// answerDocuments does what `starter documents retry|skip|post-late` does. Answering
// documents that were answered already changes nothing.
func (v *visit) answerDocuments() error {
	key, cause, action := domain.DocumentKey(v.r.PostFormValue("key")), v.r.PostFormValue("cause"), v.field("action")
	a := ports.DocumentAnswer{Cause: cause, Action: action, By: v.who.Name, Reason: v.field("reason")}
	target := cause
	if key != "" {
		a.Cause, a.Keys, target = "", []domain.DocumentKey{key}, string(key)
	}
	v.act(ports.Act{Act: "answer-documents", Target: target, Detail: map[string]string{"answer": action}}, func(ctx context.Context) (string, error) {
		return v.answerThem(ctx, a)
	})
	if key != "" {
		return v.document()
	}
	return v.documents()
}

func (v *visit) answerThem(ctx context.Context, a ports.DocumentAnswer) (string, error) {
	then := map[string]string{
		string(exceptions.Retry): "will be derived anew or sent again by the next run.", string(exceptions.Skip): "will not be posted.",
		string(exceptions.Override): "will go on with the next run; what is of a closed period is posted in the first open one, flagged as late.",
	}
	switch {
	case then[a.Action] == "":
		return "", refuse("Documents take retry, skip or override. Nothing was changed.")
	case a.Cause == "" && len(a.Keys) == 0:
		return "", refuse("Say which documents. Nothing was changed.")
	case a.Action == string(exceptions.Skip) && a.Reason == "":
		return "", refuse("Say why they are not to be posted; it stays with them. Nothing was changed.")
	}
	cause := a.Cause
	if len(a.Keys) == 1 {
		record, err := v.c.o.Documents.Document(ctx, a.Keys[0])
		if err != nil {
			return "", err
		}
		cause = record.Cause
	}
	if kind, _ := exceptions.Lookup(kindOf(cause)); a.Action == string(exceptions.Override) && kind.Override != "late" {
		return "", refuse("Only documents of a closed period can be posted late. Nothing was changed.")
	}
	n, err := v.c.o.Documents.AnswerDocuments(ctx, a, v.now())
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", refuse("No document waits so any more. Nothing was changed.")
	}
	return plural(n, "document") + " " + then[a.Action], nil
}

func documentPath(key domain.DocumentKey) string {
	return "/documents/one?key=" + url.QueryEscape(string(key))
}
