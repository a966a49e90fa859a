// Package usage counts what accounts have used, by day, key, classifier and priority, in the server's database.
//
// Requests are counted in memory, and written every two seconds, when somebody asks, and when the server stops: a server
// that is killed forgets those of its last two seconds. What a job has done is counted in the transaction that records its
// end, exactly once, however often it was taken up; one that is started again counts what it does then when it ends again. Rows
// are kept for 400 days, longer than what they count.
//
// It imports the API's contract, jobs and the database.
package usage
