package region

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// sealed is what keeps the size as it is: memory beyond a file's end would end whoever looks at it.
const sealed = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

// create makes a sealed file in memory.
func create(size int64) (*os.File, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil || limit.Cur < uint64(size) {
		return nil, errors.Join(errors.New("no file may be that large"), err) // and a signal would say so
	}
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate("winnow-plugin", flags|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate("winnow-plugin", flags)
	}
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	file := os.NewFile(uintptr(fd), "winnow-plugin")
	if err = file.Truncate(size); err == nil {
		_, err = unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS, sealed)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// inherited is a file that the process has from its parent, if it is a sealed one of a size.
func inherited(fd uintptr, size int64) (*os.File, error) {
	seals, err := unix.FcntlInt(fd, unix.F_GET_SEALS, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	var stat unix.Stat_t
	if err := unix.Fstat(int(fd), &stat); err != nil {
		return nil, os.NewSyscallError("fstat", err)
	}
	if seals&sealed != sealed || stat.Size != size {
		return nil, errors.New("it is another file")
	}
	return os.NewFile(fd, "winnow-plugin"), nil
}

func mapped(file *os.File, size int) ([]byte, error) {
	memory, err := unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	return memory, os.NewSyscallError("mmap", err)
}

func unmap(memory []byte) { _ = unix.Munmap(memory) } // it fails for what was never mapped alone

// held is how much of a file there is.
func held(file *os.File) int64 {
	var stat unix.Stat_t
	if file == nil || unix.Fstat(int(file.Fd()), &stat) != nil {
		return 0
	}
	return stat.Blocks * 512 // of which the system counts them, whatever its pages are
}
