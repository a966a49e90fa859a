// Package python gives tests a Python with packages, where another implementation of what winnow speaks is in them.
package python
