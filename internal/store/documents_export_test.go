package store

// DueDocumentsQuery is how the outbox is read, for the test of its plan.
const DueDocumentsQuery = `SELECT ` + documentColumns + ` FROM documents d ` + dueDocuments
