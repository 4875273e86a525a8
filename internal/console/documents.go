package console

import (
	"context"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// DocumentsData is what the page of documents reads.
type DocumentsData interface {
	DocumentCauses(ctx context.Context) ([]ports.DocumentCause, error)
	Documents(ctx context.Context, f ports.DocumentFilter, limit int) ([]ports.DocumentRecord, error)
}

// documentsListed is how many documents are listed.
const documentsListed = 100

type documentsPage struct {
	Causes    []ports.DocumentCause
	Cause     string
	Documents []ports.DocumentRecord // that no ledger has posted yet, the oldest first
	Cut       bool
	After     domain.DocumentKey
}

func (v *visit) documents() error {
	p := documentsPage{Cause: v.r.URL.Query().Get("cause")}
	var err error
	if p.Causes, err = v.c.o.Documents.DocumentCauses(v.ctx()); err != nil {
		return err
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
