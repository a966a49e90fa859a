package api

// The shapes of answers, for tests.
type (
	Classified     = classified
	ClassifiedMany = classifiedMany
	Tagged         = tagged
	TaggedMany     = taggedMany
	Problem        = problem
)
