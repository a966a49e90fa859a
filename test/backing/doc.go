// Package backing gives tests what a server keeps its things in: SQLite and a folder, and under the build tag integration
// also a real PostgreSQL and a real S3 server, which it starts when the first test of a package asks and stops after the
// last. So one suite runs over all of them. There is an SMTP server as well,
// and a Redis of a test's own. What can't be started fails the test.
package backing
