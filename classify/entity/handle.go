package entity

func (s *scan) handle(int) {}
