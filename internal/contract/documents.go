package contract

import "selvedge/internal/domain"

const documentsPrefix = "documents/"

// DocumentsScheduleID names the schedule that brings documents into a ledger.
func DocumentsScheduleID(ledger string) string { return documentsPrefix + ledger }

// DocumentsInput is one scheduled run for a ledger.
type DocumentsInput struct {
	Ledger string `json:"ledger"`
}

// DocumentsResult says what a run did.
type DocumentsResult struct {
	Booked   int  `json:"booked"`             // orders whose documents were derived
	Posted   int  `json:"posted"`             // documents that came into the books
	Accepted int  `json:"accepted,omitempty"` // taken by a go-between, outcome to come
	Refused  int  `json:"refused,omitempty"`  // finance decides
	Waiting  int  `json:"waiting,omitempty"`  // causes that documents wait on after the run
	More     bool `json:"more,omitempty"`     // there was more than one run does
}

// Plus adds what another part of the same run did.
func (r DocumentsResult) Plus(o DocumentsResult) DocumentsResult {
	return DocumentsResult{
		Booked: r.Booked + o.Booked, Posted: r.Posted + o.Posted, Accepted: r.Accepted + o.Accepted, Refused: r.Refused + o.Refused,
		Waiting: r.Waiting + o.Waiting, More: r.More || o.More,
	}
}

// PostDocumentInput asks for one document that a workflow holds to be brought into its ledger.
type PostDocumentInput struct {
	Key domain.DocumentKey `json:"key"`
}

// PostDocumentResult says where the document stands. Only posted is done; accepted
// and unknown are asked for again later; paused and rejected wait for an answer to
// Question.
type PostDocumentResult struct {
	Status   domain.DocumentStatus `json:"status"`
	ID       string                `json:"id,omitempty"`     // the ledger's
	Number   string                `json:"number,omitempty"` // as accountants know it
	Question *domain.Question      `json:"question,omitempty"`
	// Waits lists documents that must be posted before this one.
	Waits []domain.DocumentKey `json:"waits,omitempty"`
}
