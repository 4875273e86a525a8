package acs

import (
	"encoding/json"
	"strings"
)

// keptNames are the members of the contract's subjects that name no person and hold no
// free text, in lower case. Only they are kept of a subject. A list of what is personal
// would not do: in a document that is not what the contract says, a name may stand under
// any key, or under none.
var keptNames = func() map[string]bool {
	names := map[string]bool{}
	for _, name := range strings.Fields(`
		account acsOrderId adjustmentId afterAcceptance allocated allowPartial asOf barcodes byGrade cancelled
		cancelReason careCode carrier carrierCode carrierServiceCode code commodityCode country countryOfOrigin
		currency cutoff cycles date dates decidedAt deliveryCharge discrepancy dispatch disposition errors
		expectedAvailable expectedBy expectedOn expectedReady final from fromStatus garmentType grade hold id
		itemCondition items kind lastSequence lineId lines missingAttributes nextExpected noticeNumber occurredAt
		onHand order orderDate orderNumber parcelId parcels parentLineId pickable productSku quantities
		quantity quantityDelta reason reasonCodes receipts receivedAt references refurbishment rejectedAt rejection
		resultingSku returnId returnTrackingNumber returned returns revision rfid rmaNumber route sequence serial
		serialTracked serials shipBy shipmentId shipped shippedAt shippingService shortLines since size sku status
		strict substituted supplier total trackingNumber trackingNumbers type unitCost unitPrice unitRef
		units updatedAt use version voided warehouseReturn weightGrams`) {
		names[strings.ToLower(name)] = true
	}
	return names
}()

// countedNames are the members whose own members are named by the account (a stock
// status, a grade) and hold quantities.
var countedNames = map[string]bool{"quantities": true, "bygrade": true}

// kept returns of a JSON document what names nobody, at any depth, and in "withheld" how
// many members each object has lost; nil when it is no JSON.
func kept(document json.RawMessage) []byte {
	decoder := json.NewDecoder(strings.NewReader(string(document)))
	decoder.UseNumber() // a revision must not come back as 1e+06
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil
	}
	out, err := json.Marshal(keep("", value))
	if err != nil {
		return nil
	}
	return out
}

// keep returns what stands under a member's name as far as it is kept.
func keep(under string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		lost := 0
		for name, inner := range v {
			folded := strings.ToLower(strings.ToUpper(name)) // two names that encoding/json takes for one are one here
			_, number := inner.(json.Number)
			if !keptNames[folded] && !(countedNames[under] && number && tokenPattern.MatchString(name)) {
				delete(v, name)
				lost++
				continue
			}
			v[name] = keep(folded, inner)
		}
		if lost > 0 {
			v["withheld"] = lost
		}
	case []any:
		for i := range v {
			v[i] = keep(under, v[i])
		}
	case string:
		if under == "" || identifier(v) == "" && v != "" {
			return withheld
		}
	case json.Number:
		if under == "" {
			return withheld
		}
	}
	return value
}
