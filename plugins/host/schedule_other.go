//go:build !linux

package host

// ScheduleAsBatch does nothing on this system.
func ScheduleAsBatch() {}
