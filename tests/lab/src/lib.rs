//! A virtual machine with the real OpenZFS and NFS server, driven from tests.
