#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# commit --tree=tar=FILE: what an archive may not hold, each named; and that nothing is read or written outside of it.
. "$(dirname "$0")/../lib.sh"
need python3 zip tar gzip xz
"$PANDO" --version | grep -q -e '- libarchive' || skip_all "built without libarchive"
export OSTREE_REPO=r
"$PANDO" init --repo=r --mode=bare-user

# Each archive has a root and these entries: n name, d data, t type, l link, x attributes, u owner, m mode.
python3 - <<'END'
import io, tarfile
KINDS = {'d': tarfile.DIRTYPE, 's': tarfile.SYMTYPE, 'h': tarfile.LNKTYPE, 'c': tarfile.CHRTYPE, 'p': tarfile.FIFOTYPE}
def make(name, *entries):
    with tarfile.open(name + '.tar', 'w', format=tarfile.PAX_FORMAT) as out:
        for entry in ({'n': './', 't': 'd', 'm': 0o755},) + entries:
            info = tarfile.TarInfo(entry['n'])
            info.type = KINDS.get(entry.get('t'), tarfile.REGTYPE)
            info.mode = entry.get('m', 0o644)
            info.uid = entry.get('u', 0)
            info.linkname = entry.get('l', '')
            info.pax_headers = {'SCHILY.xattr.' + k: v for k, v in entry.get('x', {}).items()}
            data = entry.get('d', '').encode()
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
make('good',
     {'n': 'a', 'd': 'A'},
     {'n': 'd', 't': 'd', 'm': 0o700},
     {'n': 'd/b', 't': 'h', 'l': './a'},
     {'n': '/abs//./c', 'd': 'C'})
make('up', {'n': '../evil', 'd': 'x'})
make('up-inside', {'n': 'a/../b', 'd': 'x'})
make('below-link', {'n': 's', 't': 's', 'l': '/tmp'}, {'n': 's/b', 'd': 'x'})
make('long-name', {'n': 'a/' * 2500, 'd': 'x'})
make('no-utf8', {'n': 'a\udcff', 'd': 'x'})
make('link-absolute', {'n': 'b', 't': 'h', 'l': '/etc/passwd'})
make('link-up', {'n': 'b', 't': 'h', 'l': '../../etc/passwd'})
make('link-itself', {'n': 'b', 't': 'h', 'l': 'b'})
make('link-circle', {'n': 'b', 't': 'h', 'l': 'c'}, {'n': 'c', 't': 'h', 'l': 'b'})
make('link-directory', {'n': 'd', 't': 'd'}, {'n': 'b', 't': 'h', 'l': 'd'})
make('twice',
     {'n': 'a', 'd': 'old'},
     {'n': 'b', 't': 'h', 'l': 'a'},
     {'n': 'a', 'd': 'new'},
     {'n': 'c', 't': 'h', 'l': 'b'},
     {'n': 'd', 't': 'd', 'm': 0o755},
     {'n': 'd', 't': 'd', 'm': 0o700})
make('file-then-dir', {'n': 'a', 'd': 'x'}, {'n': 'a', 't': 'd'})
make('dir-then-file', {'n': 'a', 't': 'd'}, {'n': 'a', 'd': 'x'})
make('device', {'n': 'a', 't': 'c'})
make('pipe', {'n': 'a', 't': 'p'})
make('empty-target', {'n': 'a', 't': 's', 'l': ''})
make('link-then-file', {'n': 'a', 't': 's', 'l': '/etc/passwd'}, {'n': 'a', 'd': 'x'}, {'n': 'h', 't': 'h', 'l': 'a'})
make('names-many', *({'n': 'a', 'd': str(i)} for i in range(3000)))
make('owner', {'n': 'a', 'u': 4294967295})
make('xattr-big', {'n': 'a', 'd': 'x', 'x': {'user.big': 'v' * 70000}})
make('xattrs-many', {'n': 'a', 'd': 'x', 'x': {'user.%d' % i: 'v' * 60000 for i in range(12)}})
make('xattr-name', {'n': 'a', 'd': 'x', 'x': {'n' * 260: 'v'}})
make('xattrs-endless', {'n': 'a', 'd': 'x', 'x': {'user.%d' % i: 'v' * 60000 for i in range(200)}})
make('whole', {'n': 'a', 'd': 'x' * 100000})
END

commit () { "$PANDO" commit --fsync=no -b os/tar --parent=none --timestamp=@1 "$@"; }
refused () { fails_with "$1" commit --tree=tar="$2.tar"; }

fails_with "'/abs//./c': No such file or directory: abs: .*--tar-autocreate-parents" commit --tree=tar=good.tar
commit --tar-autocreate-parents --tree=tar=good.tar >/dev/null
"$PANDO" ls -R os/tar >out
assert_match out '^-00644 0 0 +1 /a$' '^d00700 0 0 +0 /d$' '^-00644 0 0 +1 /d/b$' '^d00755 0 0 +0 /abs$' '^-00644 0 0 +1 /abs/c$'
ok "a leading slash and dots mean nothing"

refused "'\.\./evil': Invalid filename '\.\.'" up
refused "'a/\.\./b': Invalid filename '\.\.'" up-inside
refused "'s/b': Can't replace file with directory: s" below-link
refused "longer than 4095 bytes" long-name
refused 'Invalid UTF-8 in filename' no-utf8
fails_with "Invalid filename '\.\.'" commit --tree=tar=good.tar --tar-pathname-filter='^a$,x/../../a'
ok "names that lead out"

refused "'b': hard link to '/etc/passwd', which|hard link to 'etc/passwd', which is not a file" link-absolute
refused "'b': hard link to '\.\./\.\./etc/passwd': Invalid filename '\.\.'" link-up
refused "'b': hard link to 'b', which is not a file" link-itself
refused "'b': hard link to 'c', which is not a file" link-circle
refused "'b': hard link to 'd', which is not a file" link-directory
ok "hard links that lead nowhere"

commit --tree=tar=twice.tar >/dev/null
assert_eq "$("$PANDO" cat os/tar a)" new
assert_eq "$("$PANDO" cat os/tar b)" new
assert_eq "$("$PANDO" cat os/tar c)" new
"$PANDO" ls -d os/tar /d >out
assert_match out '^d00700'
commit --tree=tar=link-then-file.tar >/dev/null
assert_eq "$("$PANDO" cat os/tar a)$("$PANDO" cat os/tar h)" xx
commit --tree=tar=names-many.tar >/dev/null
assert_eq "$("$PANDO" cat os/tar a)" 2999
refused "Can't replace file with directory: a" file-then-dir
refused "Can't replace directory with file: a" dir-then-file
ok "of names that come twice the last one counts, if it is of the same kind"

refused "'a': Not a regular file or symlink" device
refused "'a': Not a regular file or symlink" pipe
refused "'a': the target of the link is empty" empty-target
refused "'a': owner 4294967295 is not one" owner
tar -cf noroot.tar good.tar
fails_with "Can't commit an empty tree: .*--tar-autocreate-parents" commit --tree=tar=noroot.tar
ok "what cannot be committed"

refused "extended attribute 'user.big' has 70000 bytes; 65536 are allowed" xattr-big
refused "extended attributes are more than 524288 bytes" xattrs-many
refused "name of an extended attribute has 260 bytes" xattr-name
refused "." xattrs-endless
ok "extended attributes without end"

head -c 50000 whole.tar >cut.tar
fails_with "'?cut.tar'?.*Truncated tar archive" commit --tree=tar=cut.tar
# Cut between two entries, where only the zeros at the end tell: root, file, root, file.
python3 - <<'END'
import tarfile
root = tarfile.TarInfo('./')
root.type, root.mode = tarfile.DIRTYPE, 0o755
out = root.tobuf(tarfile.GNU_FORMAT)
for name in 'a', 'b':
    info = tarfile.TarInfo(name)
    info.size = 5
    out += info.tobuf(tarfile.GNU_FORMAT) + b'hello'.ljust(512, b'\0')
    open('end-' + name + '.tar', 'wb').write(out)
open('end-zeros.tar', 'wb').write(out + b'\0' * 1024)
open('end-zero.tar', 'wb').write(out + b'\0' * 512)
open('end-half.tar', 'wb').write(out + b'\0' * 300)
END
for name in end-a end-b; do
  gzip -k $name.tar
  xz -k $name.tar
  for file in $name.tar $name.tar.gz $name.tar.xz; do
    fails_with "'?$file'?.*cut off behind an entry: the blocks of zeros at its end are missing" commit --tree=tar="$file"
    fails_with 'cut off behind an entry' commit --tree=tar=- <"$file"
  done
done
fails_with 'Truncated tar archive' commit --tree=tar=end-half.tar
gzip -k end-zeros.tar
commit --tree=tar=end-zeros.tar >end.commit
for file in end-zeros.tar.gz end-zero.tar; do
  commit --tree=tar="$file" >end-2.commit
  cmp end.commit end-2.commit
done
head -c 1024 /dev/zero >>end-b.tar
commit --tree=tar=end-b.tar >end-2.commit
cmp end.commit end-2.commit
ok "an archive that was cut off, within an entry or behind one"

# A sparse file of an exabyte in an archive of a few kilobytes.
python3 - <<'END'
import tarfile
header = bytearray(tarfile.TarInfo('big').tobuf(tarfile.GNU_FORMAT))
header[156:157] = b'S'
header[124:136] = b'00000000000\0'
header[386:482] = b'\0' * 96
header[386:398] = b'\x80' + (1 << 60).to_bytes(11, 'big')
header[398:410] = b'00000000000\0'
header[483:495] = b'\x80' + (1 << 60).to_bytes(11, 'big')
header[148:156] = b' ' * 8
header[148:156] = b'%06o\0 ' % sum(header)
root = tarfile.TarInfo('./')
root.type, root.mode = tarfile.DIRTYPE, 0o755
open('sparse.tar', 'wb').write(root.tobuf(tarfile.GNU_FORMAT) + bytes(header) + b'\0' * 1024)
END
fails_with "'big': has 1152921504606846976 bytes, and there is no room for them" commit --tree=tar=sparse.tar
# Sizes in the header, of a file whose 5 bytes follow: too large, too small, negative, and as a pax record.
python3 - <<'END'
import tarfile
root = tarfile.TarInfo('./')
root.type, root.mode = tarfile.DIRTYPE, 0o755
def make(name, size, pax=None):
    header = bytearray(tarfile.TarInfo('a').tobuf(tarfile.GNU_FORMAT))
    header[124:136] = size
    header[148:156] = b' ' * 8
    header[148:156] = b'%06o\0 ' % sum(header)
    records = b''
    if pax:
        extended = tarfile.TarInfo('x')
        extended.type, extended.size = tarfile.XHDTYPE, len(pax)
        records = extended.tobuf(tarfile.USTAR_FORMAT) + pax + b'\0' * (-len(pax) % 512)
    second = tarfile.TarInfo('second').tobuf(tarfile.GNU_FORMAT)
    open(name + '.tar', 'wb').write(root.tobuf(tarfile.GNU_FORMAT) + records + bytes(header) +
                                    b'hello'.ljust(512, b'x') + second + b'\0' * 1024)
make('exact', b'00000000005\0')
make('size-beyond', b'00000077777\0')
make('size-exabyte', b'\x80' + (1 << 60).to_bytes(11, 'big'))
make('size-zero', b'00000000000\0')
make('size-negative', b'\xff' * 12)
make('size-pax', b'00000000005\0', b'30 size=1152921504606846976\n\n\n')
make('size-pax-negative', b'00000000005\0', b'11 size=-5\n')
make('pax-endless', b'00000000005\0', b'99999999999 comment=x\n')
END
commit --tree=tar=exact.tar >/dev/null
assert_eq "$("$PANDO" cat os/tar a)" hello
refused "'a': .*Truncated tar archive|Truncated" size-beyond
refused "'a': .*there is no room|Truncated|too large" size-exabyte
refused "Damaged tar archive|Unrecognized|checksum" size-zero
refused "." size-negative
refused "." size-pax
refused "." size-pax-negative
refused "." pax-endless
echo 'this is no archive' >junk
fails_with "'?junk'?.*Unrecognized archive format" commit --tree=tar=junk
: >zero
fails_with "'?zero'?" commit --tree=tar=zero
fails_with "open archive 'nope': No such file" commit --tree=tar=nope
ok "sizes that lie, and files that are no archives"

# A manifest that names a file of this machine is no archive.
echo secret >secret
printf '#mtree\n. type=dir mode=0755\n./a type=file mode=0644 contents=%s/secret\n' "$PWD" >manifest
fails_with 'Unrecognized archive format' commit --tar-autocreate-parents --tree=tar=manifest
ok "nothing of this machine gets into a commit"

mkdir -p z/sub
echo zipped >z/sub/file
ln -s file z/sub/link
(cd z && zip -q -y -r ../z.zip .)
commit --tar-autocreate-parents --tree=tar=z.zip >/dev/null
assert_eq "$("$PANDO" cat os/tar sub/file)" zipped
"$PANDO" ls os/tar /sub/link >out
assert_match out ' /sub/link -> file$'
ok "other formats"

fails_with "Missing ',' in --tar-pathname-filter" commit --tree=tar=good.tar --tar-pathname-filter=x
fails_with "tar-pathname-filter.*missing terminating" commit --tree=tar=good.tar --tar-pathname-filter='[,x'
printf '+1 /d/b\n' >modes
fails_with "'d/b': it is a hard link: change the mode of './a' instead" commit --tar-autocreate-parents --tree=tar=good.tar --statoverride=modes
printf '/abs\n' >skips
commit --skip-list=skips --tree=tar=good.tar >/dev/null
"$PANDO" ls -R os/tar >out
assert_no_match out abs
ok "options"

"$PANDO" fsck -q
assert_eq "$(find r/tmp -name 'pando-spool*')" ""
ok "the repository is whole"

# The first has read its parent when it opens the archive: only then does the second begin.
mkfifo late.tar
commit --tree=tar=good.tar --tar-autocreate-parents >/dev/null
"$PANDO" commit -b os/tar --timestamp=@2 --tree=tar=late.tar --tar-autocreate-parents >out 2>err &
first=$!
started+=("$first")
# shellcheck disable=SC2016 # expanded by the inner shell
timeout 60 bash -c 'exec 3>late.tar && "$0" commit -b os/tar --timestamp=@3 -s second --tree=tar=good.tar \
  --tar-autocreate-parents >second && cat good.tar >&3' "$PANDO"
! wait "$first" || fail "the first should have failed"
assert_match err "branch 'os/tar' was changed by somebody else meanwhile, and is $(cat second) now"
assert_eq "$("$PANDO" rev-parse os/tar)" "$(cat second)"
ok "two at the same time: the one that is late does not undo the other"
