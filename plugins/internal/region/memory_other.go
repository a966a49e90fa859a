//go:build !linux

package region

import (
	"errors"
	"os"
)

func create(int64) (*os.File, error)             { return nil, errors.ErrUnsupported }
func inherited(uintptr, int64) (*os.File, error) { return nil, errors.ErrUnsupported }
func mapped(*os.File, int) ([]byte, error)       { return nil, errors.ErrUnsupported }
func unmap([]byte)                               {}
func held(*os.File) int64                        { return 0 }
