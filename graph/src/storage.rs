//! The vocabulary of Proxmox storages: types, their properties, content types.
