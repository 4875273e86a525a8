package weather

import "time"

// span is a range that a duration is drawn from.
type span struct{ from, to time.Duration }

// profile holds one column of the table in doc.go.
type profile struct {
	latency  span
	chances  []chance // at most one of these happens to a request
	late     span
	slow     span
	outage   span
	calmTime span // between two outages; zero = no outages

	webhookLost, webhookTwice, webhookFive, webhookLate, webhookClock float64
	webhookDelay                                                      span
}

type chance struct {
	kind        string
	probability float64
}

func profiles(name string) (profile, bool) {
	ms := func(from, to int) span {
		return span{time.Duration(from) * time.Millisecond, time.Duration(to) * time.Millisecond}
	}
	switch name {
	case "calm":
		return profile{}, true
	case "breezy":
		return profile{
			latency: ms(0, 30),
			chances: []chance{
				{Status429, 0.01},
				{Status500, 0.004},
				{Status502, 0.003},
				{Status503, 0.003},
				{Garbage, 0.003},
				{CutBeforeCommit, 0.005},
				{CutAfterCommit, 0.005},
				{LateCommit, 0.002},
				{Slow, 0.005},
			},
			late: ms(300, 1000), slow: ms(200, 1000), outage: ms(1000, 2000), calmTime: ms(20_000, 60_000),
			webhookLost: 0.03, webhookTwice: 0.04, webhookLate: 0.05, webhookClock: 0.01, webhookDelay: ms(100, 1000),
		}, true
	case "storm":
		return profile{
			latency: ms(0, 120),
			chances: []chance{
				{Status429, 0.03},
				{Status500, 0.014},
				{Status502, 0.013},
				{Status503, 0.013},
				{Garbage, 0.01},
				{CutBeforeCommit, 0.02},
				{CutAfterCommit, 0.02},
				{LateCommit, 0.01},
				{Slow, 0.02},
			},
			late: ms(500, 4000), slow: ms(500, 3000), outage: ms(2000, 6000), calmTime: ms(15_000, 40_000),
			webhookLost: 0.12, webhookTwice: 0.12, webhookFive: 0.03, webhookLate: 0.20, webhookClock: 0.03, webhookDelay: ms(200, 5000),
		}, true
	}
	return profile{}, false
}
