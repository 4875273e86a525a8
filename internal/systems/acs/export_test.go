package acs

// KeptNames are the members that are kept of a subject, in lower case.
var KeptNames = keptNames
