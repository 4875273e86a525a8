package console

// progressPart is how the freeing of a cause's orders goes on.
type progressPart struct{}

func (v *visit) progress(string) (*progressPart, error) { return nil, nil }
