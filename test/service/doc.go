// Package service drives winnow serve by clients that others wrote, unchanged: what they ask and what they read of the
// answers is what the service has to speak.
package service
