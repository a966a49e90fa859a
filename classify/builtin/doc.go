// Package builtin holds the classifiers that every winnow has: sentiment, topics, intent, spam, products, job_postings,
// language and naics. All returns them for a catalog.Config.
//
// They lie in the folder catalog, which is one that package catalog made: gen draws texts from small labelled tasks as
// recipes say, learns from them, and saves what came out with its evaluation on tasks that nothing was learnt from
// (testdata). The same recipes and tasks give the same bytes. Nothing is read before a classifier is asked for. The model
// of language is fastText's; NOTICE.md has its licence.
//
// It imports package catalog alone.
package builtin
