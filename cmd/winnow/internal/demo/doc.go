// Package demo is what winnow demo needs of the world: a Kafka broker in this process, topics, and somebody who produces
// messages. The broker is franz-go's fake: it keeps everything in memory, and ends with the process.
package demo
