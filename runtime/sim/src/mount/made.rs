//! What a new folder or file has that root makes in a folder (`mkdir(2)`, `inode(7)`, `acl(5)`).

use phoenix_graph::{
    Mode,
    kind::acl::{Acl, Entry, May, Whom},
};
use phoenix_host::observed::Directory;

/// The mode that a folder is asked for with by who has nothing against anybody in it.
pub const ANY: Mode = Mode::of(0o777);

/// What of a mode is taken away where no list says what a new folder has.
const UMASK: u16 = 0o022;

/// The bit by which what is made in a folder gets its group.
const SET_GROUP_ID: u16 = 0o2000;

/// Returns whose it is.
pub fn owners(above: &Directory) -> (u32, u32) {
    let inherits = above.mode.bits() & SET_GROUP_ID != 0;
    (0, if inherits { above.group } else { 0 })
}

/// Returns what a folder has that is asked for with this mode: of what the list of the one above says of new folders, no
/// more than was asked for.
pub fn folder(above: &Directory, asked: Mode) -> Directory {
    let (owner, group) = owners(above);
    let passed_on = above.mode.bits() & SET_GROUP_ID;
    let mode = |rights: u16| Mode::of(u32::from(passed_on | rights));
    if !above.acl.has(true) {
        return Directory { owner, group, mode: mode(asked.bits() & !UMASK), acl: Acl::default() };
    }
    let most = |whom: &Whom, shift: u16| {
        let may = above.acl.get(true, whom)?;
        Some(may.bits() & (asked.bits() >> shift))
    };
    let mask = most(&Whom::Mask, 3);
    let bits = |may: Option<u16>| may.unwrap_or_default();
    let of_group = mask.or_else(|| most(&Whom::OwningGroup, 3));
    let rights = bits(most(&Whom::Owner, 6)) << 6 | bits(of_group) << 3 | bits(most(&Whom::Others, 0));
    let own = above.acl.entries(true).filter_map(|(whom, may)| {
        let may = match whom {
            Whom::Owner | Whom::Others => return None,
            Whom::Mask => May::of_bits(mask?),
            // Without a mask it is in the mode.
            _ => mask.map(|_| may)?,
        };
        Some((Entry { default: false, whom: whom.clone() }, may))
    });
    let passed =
        above.acl.entries(true).map(|(whom, may)| (Entry { default: true, whom: whom.clone() }, may));
    Directory { owner, group, mode: mode(rights), acl: Acl(own.chain(passed).collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above(mode: u32, list: &str) -> Directory {
        Directory { owner: 33, group: 34, mode: Mode::of(mode), acl: list.parse().unwrap() }
    }

    #[test]
    fn a_new_folder_is_roots_and_has_what_is_left_of_the_mode() {
        assert_eq!(folder(&above(0o777, ""), ANY), Directory::NEW);
        let listed = above(0o770, "user:33:rwx,group::r-x,mask::rwx");
        assert_eq!(folder(&listed, ANY), Directory::NEW);
        let grouped = folder(&above(0o2770, ""), ANY);
        assert_eq!((grouped.owner, grouped.group, grouped.mode), (0, 34, Mode::of(0o2755)));
    }

    #[test]
    fn what_a_list_says_of_new_folders_holds_in_place_of_the_umask_and_goes_on() {
        let later =
            "default:user::rwx,default:user:33:rwx,default:group::r-x,default:mask::rwx,default:other::---";
        let any = folder(&above(0o755, later), ANY);
        assert_eq!(any.mode, Mode::of(0o770));
        let wanted = format!("user:33:rwx,group::r-x,mask::rwx,{later}");
        assert_eq!(any.acl, wanted.parse().unwrap());
        // Less was asked for: the mask is less.
        let less = folder(&above(0o2755, later), Mode::NEW);
        assert_eq!((less.mode, less.group), (Mode::of(0o2750), 34));
        assert_eq!(less.acl.get(false, &Whom::Mask), Some(May::of_bits(5)));
        assert_eq!(less.acl.get(true, &Whom::Mask), Some(May::of_bits(7)));
        let short = "default:user::rwx,default:group::rwx,default:other::r-x";
        let short = folder(&above(0o755, short), Mode::NEW);
        assert_eq!((short.mode, short.acl.has(false), short.acl.has(true)), (Mode::of(0o755), false, true));
    }
}
