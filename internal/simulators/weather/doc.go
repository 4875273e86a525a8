// Package weather makes a simulator as unreliable as the real system behind
// it: late, duplicated, cut off, rate limited, broken, away for a while.
//
// Three profiles, switchable at run time. Probabilities are per request, drawn
// in this order from one generator that the seed determines:
//
//	                          calm   breezy          storm
//	latency of each request   none   0–30 ms         0–120 ms
//	429 with Retry-After      0      1 %             3 %
//	500, 502 or 503           0      1 %             4 %
//	200 with a garbage body   0      0.3 %           1 %
//	cut before commit         0      0.5 %           2 %
//	cut after commit          0      0.5 %           2 %
//	late commit               0      0.2 % (0.3–1 s) 1 % (0.5–4 s)
//	slow answer               0      0.5 % (0.2–1 s) 2 % (0.5–3 s)
//	outage                    never  1–2 s, 20–60 s  2–6 s, 15–40 s after the last
//
//	webhook lost              0      3 %             12 %
//	webhook twice             0      4 %             12 %
//	webhook five times        0      0               3 %
//	webhook late              0      5 % (0.1–1 s)   20 % (0.2–5 s)
//	sender's clock wrong      0      1 %             3 %
//
// "Cut before commit" closes the connection without asking the simulator; "cut
// after commit" lets it do the work and drops the answer; "late commit" cuts
// the connection, or lets it hang, and does the work seconds later, when the
// caller has already looked and found nothing.
//
// A retrying client gets through in bounded time: after three disturbed
// answers to the same request (method, path, body), or eight in a row to any,
// the next one is left alone; outages are short and have an end.
//
// A sender's clock may also be put wrong for a while, for all of its webhooks (see
// WrongClock), as where nobody keeps a server's time.
//
// Scripted faults (see Fault) come first and are exact; tests use those.
package weather
