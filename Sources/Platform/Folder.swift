// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// Folders, without Foundation.
public enum Folder {
  /// Whether a folder, or a link to one, is at `path`.
  public static func isThere(_ path: String) -> Bool {
    path.withCString { ocelli_path_look($0) } != OCELLI_PATH_OTHER
  }

  /// Whether a link to a folder is at `path`.
  public static func isLink(_ path: String) -> Bool {
    path.withCString { ocelli_path_look($0) } == OCELLI_PATH_LINK_TO_FOLDER
  }

  /// The names of all that is in a folder, in the order of their bytes.
  public static func names(in path: String) throws(FileError) -> [String] {
    var names: [String] = []
    let code = withUnsafeMutablePointer(to: &names) { names in
      path.withCString { path in
        ocelli_folder_list(
          path,
          { context, name in
            guard let context, let name else { return }
            context.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name))
          }, names)
      }
    }
    try FileError.check(code, OCELLI_FILE_OPEN, path)
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Creates a folder, and those above it, unless they exist.
  public static func create(_ path: String) throws(FileError) {
    let code = path.withCString { ocelli_folder_create($0) }
    try FileError.check(code, OCELLI_FILE_CREATE, path)
  }
}
