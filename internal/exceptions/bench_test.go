package exceptions_test

import (
	"testing"

	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
)

// BenchmarkMarkdown writes the page that a person reads of an order with three questions.
func BenchmarkMarkdown(b *testing.B) {
	var questions []domain.Question
	for _, cause := range []string{"unmapped:shipping-method:centra:Express Saver", "incomplete-item:north:SKU-1:grade", "short-pick:north:100"} {
		kind := "short-pick"
		for _, k := range []string{"unmapped:shipping-method", "incomplete-item"} {
			if len(cause) > len(k) && cause[:len(k)] == k {
				kind = k
			}
		}
		questions = append(questions, domain.Question{Kind: kind, Cause: cause, Problems: []domain.Refusal{{Code: "missing", Value: "Express Saver", SKU: "SKU-1", Message: "no rule says what it stands for"}}})
	}
	b.ReportAllocs()
	for b.Loop() {
		if exceptions.Markdown(domain.OrderID{Store: "atelier", Number: "10023"}, questions, exceptions.Links{}) == "" {
			b.Fatal("nothing was written")
		}
	}
}
