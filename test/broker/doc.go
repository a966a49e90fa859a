// Package broker runs a real Apache Kafka for tests, by scripts/kafka: a cluster of its own in a folder of its own, on free
// ports, which can be killed, frozen and revived while a test goes on. It needs Java 17 and, the first time, Maven.
//
// Start is for one test, Run for a TestMain that shares a cluster among all.
package broker
