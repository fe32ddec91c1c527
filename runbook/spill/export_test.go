package spill

import "os"

// Runs is how many runs lie in each of a Sorter's files.
func (s *Sorter) Runs() []int {
	var runs []int
	for _, t := range s.tiers {
		runs = append(runs, len(t.runs))
	}
	return runs
}

// Index is how many bytes a Sorter's memory of its blocks has.
func (s *Sorter) Index() int {
	n := 0
	for _, t := range s.tiers {
		for _, r := range t.runs {
			for _, b := range r.blocks {
				n += 40 + len(b.key)
			}
		}
	}
	return n
}

// Files are the temporary files.
func (s *Sorter) Files() []*os.File {
	var files []*os.File
	for _, t := range s.tiers {
		files = append(files, t.file)
	}
	return files
}

// Replace puts a file in the place of the first temporary one.
func (s *Sorter) Replace(file *os.File) {
	s.tiers[0].file.Close()
	s.tiers[0].file = file
}

// Left is the names of the files that Close has to remove.
func (s *Sorter) Left() []string {
	var names []string
	for _, t := range s.tiers {
		if t.left != "" {
			names = append(names, t.left)
		}
	}
	return names
}
