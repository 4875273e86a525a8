package store

// DueDocumentsQuery is how the outbox is read, for the test of its plan.
const DueDocumentsQuery = `SELECT ` + documentColumns + ` FROM documents d ` + dueDocuments

// Queries of write-offs, for the tests of their plans.
var (
	SameAsOrdersQuery      = `SELECT key FROM (` + sameAsOrders + `) same ORDER BY rank, id LIMIT 100`
	SameAsNoOrdersQuery    = `SELECT key FROM (` + sameAsNoOrders + `) same ORDER BY rank, id LIMIT 1`
	AlikeOfNoOrderQuery    = `SELECT key FROM (` + alikeOfNoOrder + `) alike ORDER BY id LIMIT 1`
	AlikeOfOrdersQuery     = `SELECT key FROM (` + alikeOfOrders + `) alike ORDER BY id LIMIT 1`
	UnbookedWriteOffsQuery = `SELECT ` + documentColumns + ` FROM documents d ` + unbookedWriteOffs
	SurelyUndoneQuery      = surelyUndone
	AlikeUndoneQuery       = alikeUndone
	ReturnOwnerQuery       = returnOwner
	ShopReturnOwnerQuery   = shopReturnOwner
)

// GarmentArgs are what those of one write-off are asked with.
var GarmentArgs = garmentArgs
