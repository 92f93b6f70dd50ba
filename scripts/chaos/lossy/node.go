package lossy

import (
	"context"
	"os"
	"path/filepath"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// A node is a file or folder. What changes the disk is noted here, all else is
// passed on.
type node struct {
	*fs.LoopbackNode
	d *disk
}

// WrapChild makes nodes of what lies below.
func (n *node) WrapChild(_ context.Context, child fs.InodeEmbedder) fs.InodeEmbedder {
	if l, ok := child.(*fs.LoopbackNode); ok {
		return &node{l, n.d}
	}
	return child
}

func (n *node) rel(name string) string { return filepath.Join(n.Path(n.Root()), name) }

func (n *node) real(name string) string { return filepath.Join(n.d.shown, n.rel(name)) }

// change does something to the file system, unless the power is gone.
func (n *node) change(do func() syscall.Errno) syscall.Errno {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	if n.d.dead {
		return syscall.EIO
	}
	return do()
}

func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (in *fs.Inode, h fs.FileHandle, _ uint32, no syscall.Errno) {
	no = n.change(func() syscall.Errno {
		_, err := os.Lstat(n.real(name))
		made := os.IsNotExist(err)
		var no syscall.Errno
		if in, h, _, no = n.LoopbackNode.Create(ctx, name, flags, mode, out); no != 0 {
			return no
		}
		var f *file
		if f, no = n.of(n.real(name), made); no != 0 {
			return no
		}
		if made {
			n.d.moves = append(n.d.moves, move{to: n.rel(name), file: f})
		}
		h = n.handle(h, f)
		return 0
	})
	return in, h, 0, no
}

// of returns the record of a file. The caller holds the disk.
func (n *node) of(path string, made bool) (*file, syscall.Errno) {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		return nil, fs.ToErrno(err)
	}
	f := n.d.files[st.Ino]
	if made || f == nil {
		var err error
		if f, err = n.d.born(st.Ino); err != nil {
			return nil, fs.ToErrno(err)
		}
	}
	return f, 0
}

func (n *node) handle(h fs.FileHandle, f *file) fs.FileHandle {
	if l, ok := h.(*fs.LoopbackFile); ok {
		return &handle{l, n, f}
	}
	return h
}

func (n *node) Open(ctx context.Context, flags uint32) (h fs.FileHandle, _ uint32, no syscall.Errno) {
	no = n.change(func() syscall.Errno {
		var no syscall.Errno
		if h, _, no = n.LoopbackNode.Open(ctx, flags); no != 0 {
			return no
		}
		f, no := n.of(n.real(""), false)
		if no != 0 {
			return no
		}
		if flags&syscall.O_TRUNC != 0 {
			no = fs.ToErrno(n.d.wrote(f, 0, nil))
		}
		h = n.handle(h, f)
		return no
	})
	return h, 0, no
}

func (n *node) Setattr(ctx context.Context, h fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	return n.change(func() syscall.Errno {
		under := h
		if own, ok := h.(*handle); ok {
			under = own.LoopbackFile
		}
		if no := n.LoopbackNode.Setattr(ctx, under, in, out); no != 0 {
			return no
		}
		size, ok := in.GetSize()
		if !ok {
			return 0
		}
		f, no := n.fileOf(h)
		if no != 0 {
			return no
		}
		return fs.ToErrno(n.d.wrote(f, int64(size), nil)) //nolint:gosec // files are smaller
	})
}

func (n *node) fileOf(h fs.FileHandle) (*file, syscall.Errno) {
	if own, ok := h.(*handle); ok {
		return own.f, 0
	}
	return n.of(n.real(""), false)
}

func (n *node) Unlink(ctx context.Context, name string) syscall.Errno {
	return n.change(func() syscall.Errno {
		no := n.LoopbackNode.Unlink(ctx, name)
		if no == 0 {
			n.d.moves = append(n.d.moves, move{from: n.rel(name)})
		}
		return no
	})
}

func (n *node) Rename(ctx context.Context, name string, to fs.InodeEmbedder, toName string, flags uint32) syscall.Errno {
	folder, ok := to.(*node)
	if !ok || flags != 0 {
		return syscall.ENOSYS
	}
	return n.change(func() syscall.Errno {
		no := n.LoopbackNode.Rename(ctx, name, folder.LoopbackNode, toName, 0)
		if no == 0 {
			n.d.moves = append(n.d.moves, move{from: n.rel(name), to: folder.rel(toName)})
		}
		return no
	})
}

// Link is not offered: nobody here needs it.
func (n *node) Link(context.Context, fs.InodeEmbedder, string, *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return nil, syscall.ENOTSUP
}

// CopyFileRange is left to the kernel, which reads and writes instead.
func (n *node) CopyFileRange(context.Context, fs.FileHandle, uint64, *fs.Inode, fs.FileHandle, uint64, uint64, uint64) (uint32, syscall.Errno) {
	return 0, syscall.ENOSYS
}

// Fsync brings a file's content onto the disk.
func (n *node) Fsync(_ context.Context, h fs.FileHandle, _ uint32) syscall.Errno {
	return n.change(func() syscall.Errno {
		f, no := n.fileOf(h)
		if no != 0 {
			return no
		}
		return fs.ToErrno(n.d.sync(f))
	})
}

func (n *node) OpendirHandle(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	list, no := fs.NewLoopbackDirStream(n.real(""))
	return &folder{list, n}, 0, no
}

// A folder is an open folder.
type folder struct {
	list fs.DirStream
	n    *node
}

// Readdirent returns the next name, or nil.
func (f *folder) Readdirent(context.Context) (*fuse.DirEntry, syscall.Errno) {
	if !f.list.HasNext() {
		return nil, 0
	}
	e, no := f.list.Next()
	return &e, no
}

// Releasedir closes the folder.
func (f *folder) Releasedir(context.Context, uint32) { f.list.Close() }

// Fsyncdir brings names onto the disk.
func (f *folder) Fsyncdir(context.Context, uint32) syscall.Errno {
	return f.n.change(func() syscall.Errno {
		f.n.d.syncNames()
		return 0
	})
}

// A handle is an open file.
type handle struct {
	*fs.LoopbackFile
	n *node
	f *file
}

// PassthroughFd keeps the kernel from going around us.
func (h *handle) PassthroughFd() (int, bool) { return 0, false }

func (h *handle) Write(ctx context.Context, data []byte, at int64) (written uint32, no syscall.Errno) {
	no = h.n.change(func() syscall.Errno {
		var no syscall.Errno
		if written, no = h.LoopbackFile.Write(ctx, data, at); no != 0 || written == 0 {
			return no
		}
		return fs.ToErrno(h.n.d.wrote(h.f, at, data[:written]))
	})
	return written, no
}

// Allocate is not offered: programs write zeros instead.
func (h *handle) Allocate(context.Context, uint64, uint64, uint32) syscall.Errno {
	return syscall.ENOTSUP
}
