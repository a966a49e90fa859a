// Package once remembers what requests with an Idempotency-Key have made, so that a request that is sent again makes nothing
// anew. It keeps hashes of keys and bodies, for a day, in the server's database.
//
// It imports the API's contract, coded errors and the database.
package once
