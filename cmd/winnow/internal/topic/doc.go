// Package topic reads Kafka topics for people: without a group, so without a trace, from one place to another.
package topic
