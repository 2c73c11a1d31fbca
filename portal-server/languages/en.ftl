### What the portal says in English. Every language has the same messages with the same values: a test compares them.

language-name = English
months = Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec
date = { $day } { $month-name } { $year }
date-time = { $day } { $month-name } { $year }, { $hour }:{ $minute } UTC
after-all-dates = after the year 9999
thousands = ,
used-of = { $used } of { $allowed }
used-of-any = { $used } of any number
until = until { $end }
without-end = without an end
days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
machines-count = { $count ->
    [one] { $count } machine
   *[other] { $count } machines
}

## Around every page

skip = Skip to content
nav-main = Main
nav-activate = Activate
nav-licenses = Licenses
nav-vendor = Vendor
log-in = Log in
log-out = Log out
footer = Works with machines that never see a network.
help-at = Help:
start-page = Start page
continue = Continue
save = Save
save-it = Save { $name }
create = Create
copy = Copy
copied = Copied
not-copied = Select the text and copy it
show = show
code = code: { $code }

## Downloads: releases and their files

downloads = Downloads
downloads-none = No license is linked to you yet, so there is nothing to download. Ask your vendor or your administrator.
downloads-no-release = Nothing has been published yet.
downloads-of = Releases of { $product }
downloads-all-of = All releases of { $product }
downloads-version = Version
downloads-channel = Channel
downloads-channels = Channels
downloads-every-channel = All
downloads-published = Published
downloads-published-on = Published on { $date }
downloads-platform = Platform
downloads-platforms = Platforms
downloads-may-run = Included
downloads-may-not-run = Not included
downloads-after-maintenance = It was published after { $end }, when the maintenance of your license ended.
downloads-after-end = It was published after { $end }, when your license ended.
downloads-above-highest = Your license covers versions up to { $version }.
downloads-suspended = Your license is suspended by the vendor.
downloads-revoked = Your license was revoked by the vendor.
downloads-no-license = None of your licenses covers it.
downloads-refused-advice = Extend the license with your vendor; what is included until then stays available.
downloads-files = Files
downloads-file = File
downloads-size = Size
downloads-bytes = { $count } bytes
downloads-decimal = .
downloads-sha256 = SHA-256
downloads-check = Check what you downloaded
downloads-check-hint = The signed checksum file says which files belong to this version. FILE is what you downloaded; KEY is the vendor's root key, from the vendor's documentation.
downloads-not-signed = There are no signed checksums of this release.
downloads-notes = What is new
downloads-first = First page
downloads-next = Next page
downloads-pages = Pages
downloads-maintenance = Maintenance
downloads-highest = Highest version
error-part-title = There is no such part
error-part = The file ends before the part that was asked for. Nothing was transferred.
error-changed-title = The file is not the one that the download began with
error-changed = There is another file in its place. Nothing was transferred.
error-download-advice = Start the download anew.

## When something does not work

error-forbidden-title = Not allowed
error-forbidden = You are not allowed to do that. Nothing was changed.
error-forbidden-advice = Log in as somebody who may, or ask your administrator.
error-not-found-title = Not found
error-not-found = There is no such page, or it is not yours to see.
error-not-found-advice = Check the address, or go to the start page.
error-foreign-title = Form refused
error-foreign = The form did not say where it comes from, or it comes from another site. Nothing was changed.
error-foreign-advice = Open the page here, in an up-to-date browser, and try again.
error-input-title = That does not work
error-input-advice = Nothing was changed. Go back, correct it and send it again.
error-form-incomplete = The form was incomplete, or in a shape that is not understood here.
error-upload-title = The upload was not taken
error-upload-advice = Nothing was used up. Send fewer files at once.
error-upload-broken = It was too large, or it broke off.
error-upload-many = These are too many files: at most { $most } are taken at once.
error-upload-large = Unpacked, it comes to more than 16 MiB.
error-upload-ratio = “{ $zip }” unpacks to many times its size, as no requests do.
error-upload-none = No request came with the form, or too many.
error-busy-title = Busy
error-busy = More is asked of the portal at this moment than it answers at a time. Nothing was changed.
error-busy-advice = Wait a few seconds and try again.
error-reference = If you ask for help, say this number: { $id }
error-rate-title = Too many requests
error-rate = Too many requests came from your address in a short time. Nothing was changed.
error-rate-advice = Wait a minute and try again.
error-help = If that does not help, ask here:
error-internal-title = Not available at the moment
error-internal = The portal could not do that just now. Nothing was changed.
error-internal-advice = Try again in a minute.
field-too-long = { $field }: at most { $longest } characters fit, and these are { $count }.
field-unfit = { $field }: it is one line, without control characters.
field-vendor-name = Name of the vendor
field-product-name = Name of the product
field-organization-name = Name of the organization
field-user-name = Name
field-feature-name = Name of a feature
field-feature-word = Word of a feature
field-metadata-name = Name of a further string
field-metadata-value = Further string
field-trial-origin = Origin of a trial page
field-token-name = Name of a token
metadata-too-many = At most { $most } further strings fit.
response-has-no-room = Plan, holder, features and the strings for the app come to { $bytes } bytes, and { $room } fit into a response: no machine could be activated. Shorten them.
day-unfit = “{ $text }” is no day; one is written 2027-12-31.
version-unfit = “{ $text }” can be no highest version: one begins with a number, such as 2.4.1, and 2.x is all of 2.
not-a-number = “{ $text }” is not a whole number up to 1,000,000,000.
input-detail = { $detail }.

## Activating

activate-title = Activate or deactivate a machine
activate-lead = Bring the request file from the machine. You see what will happen before anything is used up.
steps-title = How it works
steps-1 = The app on the offline machine writes a .request file.
steps-2 = You bring it here, on a stick, by mail or as text.
steps-3 = You carry the .response file back, and the app installs it. No network is needed there.
upload-drop = Choose request files, or drop them here
upload-hint = .request files, one or many, or a zip of them
upload-paste = Paste text instead
upload-pasted = The text of the request, or the link from a QR code
upload-no-license = The request carries no license
license-key = License key
license-key-unknown = There is no license with this key. Check it letter by letter: it has five groups of five.
nothing-chosen = No file was chosen and nothing was pasted. Choose a request file first.
review-title = What will happen
review-lead = Nothing is used up yet.
file = File
product = Product
platform = Platform
made = Made
kind-activation-request = activation request
kind-trial-request = trial request
kind-deactivation-request = deactivation request
machine-unnamed = a machine without a name
which-license = Which license?
which-license-hint = Type the license key, or log in and upload the file on the page of the license.
back-unchanged = Back, without changing anything
button-activate = { $count ->
    [one] Activate this machine
   *[other] Activate { $count } machines
}
button-trial = { $count ->
    [one] Start the trial on this machine
   *[other] Start the trial on { $count } machines
}
button-deactivate = { $count ->
    [one] Deactivate this machine
   *[other] Deactivate { $count } machines
}
button-answer = { $count ->
    [one] Answer this request
   *[other] Answer { $count } requests
}
effect-again = This file was answered before: you get the same response again. Nothing is used up.
effect-new = The machine will be activated { $until }.
effect-renewal = The machine is active: this renews it, { $until }. No further seat is used.
effect-kept = The machine still has its seat: it is activated again, { $until }.
effect-reinstall = A reinstalled machine: it takes over its own seat, { $until }. No further seat is used.
effect-recognised = This machine has an activation that the portal had forgotten (its data was restored from an older copy): it is counted again and renewed, { $until }.
effect-trial = A trial will start, { $until }.
effect-free-seat = The machine has given its activation up. Its seat becomes free.
effect-receipt-only = The machine has given its activation up. Its seat is free already: you get a receipt, and no further seat becomes free.
released-new-seat = This machine's seat was released on { $date }: activating it takes a new seat.
released-new-seat-by = This machine's seat was released on { $date } by { $by }: activating it takes a new seat.
released-receipt = This machine's seat was released on { $date }.
released-receipt-by = This machine's seat was released on { $date } by { $by }.
seats-after = { $used } of { $allowed } seats in use after this, { $left } left
seats-after-any = { $used } seats in use after this, any number allowed
result-title = Carry this back
result-receipt = The seat is free again. This is the receipt.
result-ready = Ready: runs { $until }. Install it before { $import-by }.
download-file = Download { $file }
carry-1 = Copy { $file } to a stick.
carry-2 = On the machine { $machine }, open the app and choose “Install response”. By command line:
carry-2-receipt = On the machine { $machine }, open the app and choose “Install response” to finish the deactivation. By command line:
as-qr = As a QR code
qr-alt = QR code of the response for { $machine }
as-text = As text
as-text-label = The text of the response
another-machine = Another machine
pasted-text = pasted text
kind = Kind
outcome = Outcome
detail = Details
advice = What to do
code-heading = Code
import-by = Install before
response-file = Response file
outcome-ready = ready
outcome-not = not possible
outcome-done = done
outcome-refused = refused
outcome-left = not answered
files-count = { $count ->
    [one] One file.
   *[other] { $count } files.
}
ready-count = { $count ->
    [0] None of them can be answered.
    [one] One can be answered.
   *[other] { $count } can be answered.
}
left-count = { $count ->
    [one] One cannot; the list says why.
   *[other] { $count } cannot; the list says why.
}
left-files = { $count ->
    [one] One further file was not answered: the step before said why.
   *[other] { $count } further files were not answered: the step before said why.
}
done-count = { $count ->
    [0] Nothing was answered.
    [one] One request is answered.
   *[other] { $count } requests are answered.
}
refused-count = { $count ->
    [one] One was refused.
   *[other] { $count } were refused.
}
batch-seats = { $needed ->
    [one] One of these machines needs a seat of { $product }
   *[other] { $needed } of these machines need a seat of { $product }
}, { $free ->
    [0] none is free.
    [one] one is free.
   *[other] { $free } are free.
}
batch-seats-any = { $needed ->
    [one] One of these machines needs a seat of { $product }
   *[other] { $needed } of these machines need a seat of { $product }
}, any number is free.
batch-seats-freed = { $freed ->
    [one] One more becomes free by a deactivation among these, which is done first.
   *[other] { $freed } more become free by the deactivations among these, which are done first.
}
batch-seats-missing = { $missing ->
    [one] One will get none: seats are given in the order of the list. Deactivate a machine first, or bring fewer files.
   *[other] { $missing } will get none: seats are given in the order of the list. Deactivate machines first, or bring fewer files.
}
batch-part = Files { $from } to { $to } of { $count }.
batch-kept = What you brought is kept here for an hour.
batch-gone-title = No longer here
batch-gone = The files that were brought are kept for an hour after they were last looked at, and not when the portal was started again since. These are gone.
batch-gone-advice = Bring them again: nothing is used up twice, and what was answered gets the same response.
left-in-table = The table for a spreadsheet has all of them.
download-all = Download all responses as one zip
download-table = Table for a spreadsheet (CSV)
carry-all-1 = Copy the zip to a stick, or the responses out of it.
carry-all-2 = On each machine, open the app and choose “Install response”, with the file that has the machine’s name. By command line:
progress = Progress
upload-sending = Sending: { $percent } percent
upload-reading = Sent. The files are being read …
upload-failed = The files did not arrive. Nothing was used up. Check the connection and send them again.
answers-working = The requests are being answered …
in-use-by = In use by:
file-too-large-title = Too large for a request
file-too-large = The file has more than the 64 KiB that a request may have.
file-too-large-advice = Bring the .request file as the app wrote it.
zip-in-zip-title = A zip in a zip
zip-in-zip = A zip that lies in another one is not opened.
zip-in-zip-advice = Put the request files themselves into one zip.
zip-encrypted-title = Protected by a password
zip-encrypted = The file in the zip is encrypted.
zip-encrypted-advice = Make the zip without a password: a request is of no use to anybody but its machine.
zip-compression-title = Compressed in another way
zip-compression = The zip uses a way to compress that is not read here.
zip-compression-advice = Make it with what your system brings, or bring the files themselves.
zip-damaged-title = The zip is damaged
zip-damaged = The zip is not whole, or its parts contradict each other.
zip-damaged-advice = Make it again, or bring the files themselves.
zip-same-names-title = Two files of one name
zip-same-names = Two files in the zip have the same name in the same folder: which one is meant cannot be told.
zip-same-names-advice = Give each file a name of its own, or bring the files themselves.
zip-empty-title = The zip is empty
zip-empty = There is no file in the zip.
zip-empty-advice = Put the request files into it.
other-archive-title = Another kind of archive
other-archive = Of archives, only zips are read here.
other-archive-advice = Make a zip of the files, or bring the files themselves.

## Refusals: a heading, what happened, what to do

format-title-wrong-type = This is another kind of file
format-title-damaged = The file is damaged
format-title = The file is not a usable request
format-fact = { $detail }.
advice-too-long = This is not a file of this program. Take the .request or .response file itself.
advice-not-a-token = Take the .request or .response file as it was written, or paste all of it.
advice-bad-encoding = The file was changed on the way. Copy the original again, as a file rather than as text.
advice-bad-json = The file was not made by a correct program. Make it again with the current version of the app.
advice-bad-header = The file was not made by a correct program. Make it again with the current version of the app.
advice-wrong-alg = Do not trust this file. Ask for a new one from the place where it should come from.
advice-unknown-type = The file may come from a newer version. Update the program that reads it.
advice-wrong-type = Take the other file: requests go from the machine to the vendor, responses come back.
advice-bad-signature = The content was changed after signing. Copy the original again; if it stays so, ask for a new one.
advice-bad-claim = The file was not made by a correct program. Make it again with the current version of the app.
advice-untrusted-key = This was not signed by this vendor. Check that the file belongs to this product, and ask the vendor.
advice-bad-chain = The vendor's signing set-up is faulty. Send this file to the vendor's support.
advice-out-of-scope = The signer was not allowed to give this. Ask the vendor for a response signed with a key that may.
advice-approval-missing = The signer may not give this alone. Ask the vendor for a response that a second person has approved.
advice-approval-wrong = Do not use this file. Send it to the vendor's support, who can see what is wrong with the approval.
advice-revoked-key = The vendor withdrew the key that signed this. Ask the vendor for a new response.
advice-retired-key = The vendor has a newer root key. Ask the vendor for a new response, signed under that one.
advice-ended-key = Make a new request here and ask the vendor for a response signed with a current key.
advice-back-dated = Set this machine's clock right, make a new request and take that one to the vendor. If the clock is right, ask for a response signed with a current key; support can send a time reset.
advice-wrong-product = Take the file for this product.
advice-wrong-device = Each response fits one installation. Make a new request here and take that one to the vendor.
advice-wrong-machine = Install it on the machine that made the request, or make a new request on this one.
advice-unknown-request = Make a new request here and take that one to the vendor.
advice-import-expired = Check this machine's date. If it is right, make a new request here and take that one to the vendor.
advice-deactivated = A given-up activation cannot be installed again. Make a new activation request.
advice-superseded = Nothing needs to be done: what is installed is newer than this file.
advice-damaged-file = Copy the original file again, as a file rather than as text.
license-needed-title = No license named
license-needed = The request names no license.
license-needed-advice = Type the license key, or log in and choose the license. Nothing was used up.
unknown-license-title = Unknown license
unknown-license = There is no license with this key.
unknown-license-advice = Check the license key in the app and make a new request. Nothing was used up.
not-yours-title = Unknown license
not-yours = There is no such license for you.
not-yours-advice = Log in as somebody who may use the license, or ask your administrator.
wrong-proof-title = The license key does not fit
wrong-proof = The proof in the request was not made with the key of that license.
wrong-proof-advice = Type the license key in the app again and make a new request. Nothing was used up.
product-mismatch-title = The license is for another product
product-mismatch = The license is for the product { $license }, the request for { $request }.
product-mismatch-advice = Use a license of the product that asks. Nothing was used up.
license-suspended-title = The license is suspended
license-suspended = The vendor has suspended the license.
license-suspended-advice = Ask the vendor. Your request file stays usable.
license-revoked-title = The license was revoked
license-revoked = The vendor has revoked the license.
license-revoked-advice = Ask the vendor. Your request file stays usable.
license-expired-title = The license has ended
license-expired = The license ended on { $end }.
license-expired-advice = Renew the license, then send the same request file again.
seats-used-up-title = All seats are in use
seats-used-up = { $allowed ->
    [one] The only seat of the license is in use.
   *[other] All { $allowed } seats of the license are in use.
}
seats-used-up-advice = Deactivate a machine that is not needed any more, or ask the vendor for more seats; then send the same request file again.
group-seats-used-up-title = Your group's seats are in use
group-seats-used-up = Of this license your groups may use { $allowed ->
    [0] no seat
    [one] one seat
   *[other] { $allowed } seats
    }, and no further one is free for you.
group-seats-used-up-advice = Deactivate a machine of your group that is not needed any more, or ask an admin of your organization for more seats; then send the same request file again.
holds-no-seat-title = No seat in use
holds-no-seat = This machine holds no seat of the license any more.
holds-no-seat-advice = Nothing was changed. To use the machine again, activate it with a new request file.
release-not-yours-title = Not yours to release
release-not-yours = You use this license through a group: only its owner, an administrator of your organization or the vendor may release a seat without proof.
release-not-yours-advice = Nothing was changed. Ask an administrator of your organization.
releases-used-up-title = No release left
releases-used-up = Seats of this license may be released without the machine { $allowed ->
    [one] once
   *[other] { $allowed } times
    } within a year, and that was done. The next one is possible on { $again }.
releases-used-up-advice = The seat stays with its machine. If the machine still runs, deactivate it there instead; otherwise ask the vendor.
releases-none-title = No releases
releases-none = The vendor lets no seat be released without the machine ({ $allowed } a year).
releases-none-advice = The seat stays with its machine. If the machine still runs, deactivate it there instead; otherwise ask the vendor.
release-too-soon-title = Too soon after the last release
release-too-soon = A seat of this license was released a short time ago. The next one is possible on { $again }.
release-too-soon-advice = The seat stays with its machine until then. Come back later, or ask the vendor.
renewal-unavailable-title = A new request is needed
renewal-unavailable = This machine was activated before the portal kept what a renewal without a request needs.
renewal-unavailable-advice = Make a new request file on the machine once and bring it here: that renews it without a further seat, and from then on it can be renewed without one.
reinstalls-used-up-title = Reinstalled too often
reinstalls-used-up = This machine was reinstalled more often within a year than the { $allowed } times that are allowed.
reinstalls-used-up-advice = Ask the vendor. Your request file stays usable.
deactivations-used-up-title = No deactivation left
deactivations-used-up = The license has no deactivation left ({ $allowed } are allowed).
deactivations-used-up-advice = The proof is recorded and nothing is lost: the seat stays with that machine, which can be activated again without another seat. To free it for another machine, ask the vendor.
unknown-activation-title = Unknown activation
unknown-activation = This vendor has no activation with that id.
unknown-activation-advice = Check that the file goes to the vendor that activated the machine.
wrong-device-title = Signed by another device
wrong-device = The request was signed by another device than the one that was activated.
# The advice of the format's own code stands above: this is about a deactivation.
superseded-title = A newer installation has the seat
superseded = A newer installation on the same machine has taken over this activation.
trial-already-used-title = The trial was used
trial-already-used = This machine had its trial of this product, from { $from } to { $until }.
trial-already-used-advice = To go on, get a license from the vendor.
work-required-title = A little work comes first
work-required = This portal wants a browser to compute for a moment before it starts a trial.
work-required-advice = Use the vendor's trial page, which does that by itself, or log in first. Your file is still good.
trial-cap-reached-title = No more trials today
trial-cap-reached = As many trials were started today as this vendor gives in a day.
trial-cap-reached-advice = { $hours ->
    [one] Send the same file again in an hour.
   *[other] Send the same file again in { $hours } hours.
}
trial-too-often-title = This machine asked too often
trial-too-often = This machine sent too many trial requests today.
trial-too-often-advice = { $minutes ->
    [one] Nothing was used up. Wait a minute and send the same file again.
   *[other] Nothing was used up. Wait { $minutes } minutes and send the same file again.
}
no-trial-title = No trial
no-trial = There is no trial of this product.
no-trial-advice = Ask the vendor, or get a license.
unknown-product-title = Unknown product
unknown-product = This vendor has no product { $product }.
unknown-product-advice = Check that the file goes to the vendor of the product.
wrong-door-title = Another kind of request belongs here
wrong-door = This is { $found }, but { $wanted } is needed here.
wrong-door-advice = Send it to the place for its kind, or use the page that takes every kind.
signing-failed-title = The portal cannot sign
signing-failed = The portal cannot sign: { $detail }.
signing-failed-advice = Nothing was used up. Tell the vendor: the portal's signing key needs attention.
signer-away-title = Nothing can be signed at the moment
signer-away = The program that signs for the portal does not answer.
signer-away-advice = Nothing was used up. Bring the same file again in a minute. If it stays so, tell the vendor: the signer needs attention.
signer-limit-title = Nothing more is signed for a while
signer-limit = The program that signs for the portal has reached its limit.
signer-limit-advice = Nothing was used up. { $minutes ->
    [one] Bring the same file again in a minute.
   *[other] Bring the same file again in { $minutes } minutes.
}
signer-declined-title = The signer does not sign this
signer-declined = The program that signs for the portal refuses it: { $detail }.
signer-declined-advice = Nothing was used up. Tell the vendor: portal and signer do not agree.
unavailable-title = Not available at the moment
unavailable = The portal's database does not answer.
unavailable-advice = Try again in a minute. A request file can be sent again as it is; of anything else, look first whether it was done.
wrong-device-advice = Make the deactivation on the machine that was activated.
superseded-advice = Nothing needs to be done: the newer installation holds the seat.

## Logging in

email = E-mail address
password = Password
name = Name
login-not-needed = To activate a machine with a license key you need no login.
login-bring-file = Bring the request file
login-wrong = E-mail address and password do not fit, or the account is not active.
login-throttled = { $seconds ->
    [one] Too many attempts. Wait { $seconds } second and try again.
   *[other] Too many attempts. Wait { $seconds } seconds and try again.
}
create-first-admin = Create the first admin
set-your-password = Set your password
set-password = Set password
new-password = Password, at least { $shortest } characters
first-admin-wrong = An e-mail address has an @, and a password { $shortest } to { $longest } characters.
password-short = A password has { $shortest } to { $longest } characters.
link-dead = This link was used, is too old, or was replaced by a newer one. Ask for a new link; for the first admin, start the portal again.

## Licenses and machines

license = License
licenses = Licenses
licenses-none = No license is linked to you yet. Ask your vendor or your administrator.
plan = Plan
holder = Holder
activations = Activations
deactivations = Deactivations
validity = Validity
status = Status
status-active = active
status-ended = ended { $end }
status-suspended-by-vendor = suspended by the vendor
status-revoked-by-vendor = revoked by the vendor
validity-from-first = { $days ->
    [one] { $days } day from the first activation
   *[other] { $days } days from the first activation
}
perpetual = perpetual
included = included
machine = Machine
machines = Machines
machines-none = No machine was activated yet.
machines-none-yet = Bring the request file of the first one above.
state = State
state-active = active
state-returned = given up, seat kept
state-deactivated = deactivated
state-replaced = replaced after a reinstallation
state-released = released without the machine
app-version = App
since = Since
runs-until = Runs until
install-before = Install before

licenses-view = Which licenses
licenses-of-organization = Of the organization
licenses-mine = Mine and my groups’
licenses-search-hint = Product, plan, holder, key, machine
licenses-none-found = No license fits that.
search = Search
search-too-many = There are more hits than could be looked through. Search for more of the name.
all = All
sort = Order
sort-created = Newest first
sort-end = Ending soonest
sort-product = By product
sort-seats = Most activations
sort-name = By name
show-list = Show
show-all = Show all
filter-active = active
filter-ending = ends within 30 days
filter-ended = ended
filter-suspended = suspended
filter-revoked = revoked
pages = Pages
page-first = First page
page-previous = Previous page
page-next = Next page
export-table = As a table (CSV)
export-calendar = Ends as a calendar
table-cut = More than { $count } rows: search for less to get the rest.
activations-used = Activations now
activations-allowed = Activations allowed
activations-total = Activations ever
activations-ever = { $count } in all
deactivations-used = Deactivations made
deactivations-allowed = Deactivations allowed
ends = Ends
calendar-summary = The license for { $product } ends
to-calendar = Into the calendar
status-ends-in = { $days ->
    [one] ends in { $days } day
   *[other] ends in { $days } days
}
reason-active = The license is in force: machines can be activated, renewed and deactivated.
reason-full = The license is in force, and all its activations are in use: a further machine needs one that another machine gave up.
reason-ending = The license is in force until { $end }. Ask the vendor in time to extend it; each machine then needs a fresh response from here.
reason-ended = The license ended on { $end }: no machine can be activated or renewed. When the vendor has extended it, fetch a fresh response for each machine here.
reason-suspended = The vendor has suspended the license: no machine can be activated or renewed until the vendor lifts that. Machines that have a response run on until its end. Ask the vendor why.
reason-revoked = The vendor has revoked the license: no machine can be activated or renewed any more. Ask the vendor why.
starts-perpetual = Without an end.
starts-fixed = The vendor set this end.
starts-creation = It began when the license was created, { $date }.
starts-first = It began with the first activation, { $date }.
starts-not-yet = It begins with the first activation.
releases-within-year = Seats released without proof, within a year
releases-ever = { $count } in all.
releases-again = The next one is possible on { $again }.
key-of-organization = The whole key is for the administrators of your organization.
machines-search-hint = Beginning of a machine’s name
machines-none-found = No machine fits that.
states-live = holds a seat
states-over = holds none any more
by-door-page = the public page, nobody logged in
by-door-api = a program
ended-at = Ended
activation-id = Activation
renew-all = Responses for all machines as they are now (zip)
renew-all-hint = One file for each active machine, to be installed there: a fresh response where the license has changed, otherwise the last one again. No new request files are needed.
renew-all-cut = The zip holds the { $count } newest machines; fetch those of the others on their own pages.
machine-files = Files
machine-response = Download the response again
machine-response-hint = What this machine got last: the same file, byte for byte. It can be installed before the date above.
machine-response-over = What this machine got last: the same file, byte for byte, for your records.
machine-response-none = The response to this machine’s request can be had again by bringing the same request file again.
machine-receipt = Download the receipt
machine-receipt-hint = The receipt that this machine gave its seat back ({ $file }).
renewal = Renewal
renew = Download a fresh response
renewal-current = This machine’s response is up to date: it says all that the license says. If it is not installed yet, download it again above: it is the same file.
renewal-late = This machine’s response says all that the license says, but can be installed no longer. If it never was, a fresh one can.
renewal-unknown = What this machine’s response says cannot be read any more. A fresh one says what the license says now.
renewal-older = The license has changed since this machine’s last response. A fresh one changes this on the machine:
renewal-no-request = It runs on with what it has until the fresh one is installed. No new request file is needed.
change-end = It runs { $after } instead of { $before }.
change-plan = Plan: { $after } instead of { $before }.
change-holder = Holder: { $after } instead of { $before }.
change-added = New: { $feature }.
change-removed = No longer included: { $feature }.
change-feature = { $feature } instead of { $before }.
change-metadata = What else the vendor tells the app is different.
change-strategy = How much of the machine may change is different.
change-deactivation-possible = The machine can be deactivated again.
change-deactivation-over = No deactivations are left: the machine refuses to be deactivated.
machines-older = The license has changed since some of these machines got their last response. What a fresh response changes stands below their names; each machine runs on with what it has until it is installed.
renewal-license = There is no fresh response while the license is not in force.
renewal-no-seat = This machine holds no seat of the license: there is no fresh response for it.
renewal-left-out = not-renewed
machine-lost = The machine is lost or dead?
machine-lost-hint = Its seat can be freed without a deactivation file from the machine. If it still runs, deactivate it there instead: that costs no release.
machine-released = The seat was released without the machine on { $when }.
machine-released-by = By { $by }.
machine-came-back = The machine was seen again on { $when }.
machine-not-back = The machine was not seen since.
release-seat = Release the seat without proof
release-title = Release the seat of { $machine }
release-what = The seat is free for another machine at once. That cannot be undone.
release-left = { $left ->
    [one] One release is left now, of { $allowed } within a year, for this license.
   *[other] { $left } releases are left now, of { $allowed } within a year, for this license.
}
release-cool-down = { $hours ->
    [one] After this one the next seat of this license can be released in { $hours } hour.
   *[other] After this one the next seat of this license can be released in { $hours } hours.
}
release-by-vendor = You are the vendor: quota and waiting time do not hold you, but the release counts.
release-back = If this machine ever comes back, it is recognised and that is said here and in the activity log. To be activated again it needs a free seat.
release-instead = The release is recorded with your name. If the machine still runs, deactivate it there instead.
release-reason = Reason
release-reason-hint = For your own records, e.g. “stolen, reported on Monday”. At most 200 characters.
activity-activation-release = The seat of { $subject } was released without the machine. { $detail }
activity-activation-after-release = { $subject }, whose seat had been released, is back and was activated again.
activity-activation-proof-after-release = { $subject }, whose seat had been released, was deactivated after all.

## Account

## Organization

## Releases

## The vendor's pages

journals = Journals
journals-title = Journals of other signers
journals-lead = What support desks signed with keys of their own, without the portal, is pushed here: countersign journal push.
journals-none = No journal was pushed yet.
journal-of = Journal of { $holder }
journal-holder-unknown = an unknown holder
journal-key = Key
journal-begun = Begun
journal-own-id = Its own id
journal-entries = Entries
journal-last-push = Last push
journal-head = Its end
journal-alarms = To look at
journal-no-alarm = nothing
journal-forked = Two entries have one number: since { $date } there are two versions of this journal. It was rewritten, or a copy of it was signed on. All entries of both are here and counted.
journal-shares-id = Another journal gives itself the same id, with another first line.
journal-odd = { $count } entries were not counted, or are odd: { $verdict }
journal-gaps = Missing grants: the numbers { $ranges } of the delegation { $delegation } stand in no journal that was pushed. Whoever holds the key has another journal, or somebody has a copy of the key.
journal-twice = The numbers { $ranges } of the delegation { $delegation } were used twice: somebody has a copy of the key. Revoke it.
journal-taken-back-at = Its machines were taken back on { $date }.
journal-entry = Entry
journal-signed = Signed
journal-what = What
journal-for = For
journal-became = What became of it
journal-kind-activation = activation
journal-kind-trial = trial
journal-kind-deactivation = receipt
journal-kind-time-reset = time reset
journal-kind-release = release or checkpoint
journal-kind-unread = not readable
journal-duplicate = the same request was also answered otherwise
journal-all = All entries
verdict-counted = counted
verdict-receipt = seat given back
verdict-trial = trial noted
verdict-trial-again = a further trial of this machine
verdict-noted = noted
verdict-known = the portal has it
verdict-unknown-license = no license of the portal
verdict-unknown-product = no product of the portal
verdict-other-product = the license is for another product
verdict-other-activation = its id is another machine's
verdict-other-device = not this machine's activation
verdict-not-verified = not verified
take-back = Take its machines back
take-back-title = Take back all machines of this journal?
take-back-hint = If the key was stolen, its machines are not your customers'. Revoke the key first: keys revoke. Then take them back here: every seat that this journal gave is released, as if each machine had been reported lost. The entries stay. Machines that were answered run on until their grant ends, or until they hear of a revocation that says stolen.
take-back-confirm = Take { $count } machines back
take-back-none = This journal holds no seat.
take-back-reason = journal taken back
signed-by = Signed by
signed-by-portal = the portal
overruns = More machines than allowed
overruns-what = Several signers gave seats without knowing of each other. All these machines run; the last ones by the time of signing are:
overruns-more = In all there are { $count }.
overruns-deactivations = { $count } activations were given up beyond the allowed deactivations.
overruns-do = Until it is less, nobody gets a further seat. Allow more, have machines deactivated or released, or, if nobody of yours signed that, take the journal back.
over-by = { $count } over
reason-over = The license is in force, and { $count } more machines use it than it allows: they were activated at different desks. A further machine needs an activation that another machine gave up, once that is less.
machine-of-key = machine { $key }…
by-door-journal = a support desk without the portal
by-door-journal-of = signed by { $holder }
by-door-machine = known by its own grant, after older data was restored
activity-activation-merge = { $subject }, which a support desk had answered, was taken into the count.
activity-activation-merge-receipt = { $subject }, which a support desk had receipted, was deactivated.
activity-activation-recognise = { $subject } brought an activation that the portal had forgotten; it counts again.
activity-activation-recognise-over = { $subject } counts again beyond the limit of its license: { $detail } in use beyond it.

overview = Overview
products = Products
customers = Customers
settings = Settings
settings-rules = Rules
settings-look = Look
settings-texts = Texts
company-name = Company name
company-name-hint = On pages and in mails. Empty: { $vendor }, the name that responses carry; that one stays as it is.
shows-name = Show the name beside the logo
website = Website
website-unfit = A website is written https://acme.example, in plain letters and without a user name.
support-address = Support address
support-address-hint = An e-mail address or a website. It stands at the foot of every page and mail, and where something did not work.
support-unfit = The support address is an e-mail address, or a website written https://acme.example.
accent = Accent colour
accent-hint = Links and buttons. Written #0b5cad; empty for the portal’s own colours.
accent-dark = Accent colour on dark pages
accent-dark-hint = Empty: the nearest to the other one that can be read there.
accent-unfit = A colour is written #0b5cad or rgb(11, 92, 173).
accent-faint-title = That colour is hard to read
accent-faint-light = { $colour } has a contrast of { $contrast } to 1 with light pages, or with text on it; 4.5 to 1 is needed. { $nearest } is the nearest colour that has it.
accent-faint-dark = { $colour } has a contrast of { $contrast } to 1 with dark pages, or with text on it; 4.5 to 1 is needed. { $nearest } is the nearest colour that has it.
accent-faint-advice = Nothing was changed. Save with the nearest colour, or type another one.
accent-use-nearest = Save with the nearest colour
on-light-pages = on light pages
on-dark-pages = on dark pages
logo = Logo
logo-hint = PNG, JPEG or WebP, at most 2 MB and 4096 pixels a side. It is shown 32 pixels high and up to 160 wide. Where it would not be seen, it gets a ground of its own.
logo-choose = Choose a logo
tab-icon = Icon
tab-icon-hint = For tabs and bookmarks. Without one it is made from the logo.
tab-icon-choose = Choose an icon
picture-draft = How it would look
picture-now = In use
picture-look = See how it looks
picture-use = Use it
picture-discard = Discard
picture-remove = Remove
picture-none = No picture came with the form.
picture-bytes = The picture has more than { $most } MB.
picture-format = The file is no PNG, JPEG or WebP picture, whatever its name says. Export a drawing (SVG) as PNG, twice as large as it is shown.
picture-size = The picture has { $width } × { $height } pixels. Each side has { $shortest } to { $longest }, and all together are at most { $most } million.
picture-animated = The picture moves. Save one picture of it by itself.
picture-damaged = The picture is damaged or cut off.
texts-hint = Plain text or Markdown: *slanted*, **bold**, lists, [links](https://acme.example). Pictures and HTML are not shown. Who reads another language gets what there is.
text-public = The public page
text-public-hint = Above the form where requests are brought, at most 2000 characters in each language.
text-foot = At the foot of every page
text-foot-hint = Such as links to who you are and what you do with data. At most 300 characters in each language.
text-unfit = { $field }: it has control characters.
texts-see = See the public page
cap-days = Longest import window, in days
cap-days-hint = No response can be installed later than this after it was signed, whatever its license says.
cap-days-range = The longest import window is 1 to 3650 days.
releases-per-year = Releases of lost machines, per license and year
releases-per-year-hint = So many seats of one license may its owner free within 365 days without the machine. They count as no deactivation.
releases-per-year-range = The releases per license and year are 0 to 1000.
cool-down-hours = Hours from one release of a license to the next
cool-down-hint = Until then no further seat of the license can be released. You yourself are not held to it.
cool-down-range = The time between two releases is at most 8760 hours.
trial-origins = Trial pages that may ask here, one origin a line
trial-origins-hint = Scheme and host, without a path.
trials-per-day = Trials a day
trials-per-day-hint = As many trials of all products together may start in a day of UTC; you hear of it by mail when they have. Empty is any number.
trials-per-day-range = The trials a day are 1 to 1000000, or nothing for any number.
trial-work = Work before a trial, in bits
trial-work-hint = Whoever is not logged in lets their browser compute before a trial starts, which a trial page does by itself. 18 takes a phone a second or two, each further one twice as long. 0 is none.
trial-work-range = The work before a trial is 0 to 26 bits.
trial-origins-operator = By command line also: { $origins }.
two-factor-key-title = The key of two-factor login is missing
two-factor-key = Nobody can log in with a code of an authenticator app until the file is put back from your backup and the portal is started again. Recovery codes work, and you can turn two-factor login off on the page of a user. If the file is lost for good, stop the portal and run countersign-portal admin lost-two-factor-key.
root-left-title = The root key is still here
root-left = Carry it to an offline place and delete it here. The portal does not need it.
tokens = API tokens
tokens-lead = Programs act for you with a token: the support desk's command line, for one. A token can do what is ticked when it is made, and nothing else.
token-scopes = What it may do
token-end = Ends
token-last-used = Last used
token-revoke = Revoke
token-live = works
token-ends-soon = ends soon
token-expired = has ended
token-revoked = revoked
token-new = New token
token-name = Name
token-name-hint = What it is for and where it lies, such as: laptop of the support desk.
token-name-needed = A token has a name.
token-scope-needed = A token that may do nothing is of no use: tick what it may do.
token-scope-unknown = There is no such thing that a token may do.
token-days = Days that it works
token-days-hint = 1 to { $most }. It also ends when you get a new password, are suspended or deactivated.
token-days-range = A token works for 1 to { $most } days.
token-make = Make the token
token-not-yours = Tokens are for admins of the vendor who may log in.
token-too-many = You have { $count } tokens that work, which is as many as one may have. Revoke one that is not needed.
token-made-title = The new token
token-made = Copy it now: it is not shown again, and the portal itself does not know it any more.
token-made-file = Put it into a file that nobody else can read, and name that file with --token-file. Whoever has the token can do what it may do.
scope-requests-answer = requests:answer – answer requests, under the limits of their licenses
scope-policy-read = policy:read – read products, and terms of licenses without their keys
scope-journal-push = journal:push – hand in the journals of offline signers
never = never
approvals = Approvals
approvals-lead = What needs a second person waits here for another admin.
two-people = Two-person rule
two-people-what = With it, a license without an end, or with one more than ten years away, and the release of a seat by you without the machine are done by two: one of your admins proposes it, another one approves it within seven days.
two-people-begin = Turn on
two-people-end = Propose to turn it off
approvals-waiting = Waiting
approvals-none = Nothing waits.
approvals-decided = Decided
approval-until = Waits until
approve = Approve
approval-refuse = Refuse
approval-take-back = Take back
approval-own-hint = This is yours: somebody else has to approve it.
approval-create-license = New license
approval-extend-license = Extend a license
approval-release-seat = Release the seat of a lost machine
approval-end-rule = Turn the two-person rule off
approval-new-end = Would end
approval-features = Features
approval-metadata = Further strings
approval-any-number = any number
approval-days-from-creation = { $count } days from creation
approval-days-from-first = { $count } days from the first activation
approval-proposed-by = Proposed by
approval-decided-by = Decided by
approval-is-waiting = waits
approval-is-approved = approved
approval-is-refused = refused
approval-is-stale = no longer possible
approval-own = Nobody approves what they have proposed themselves. Nothing was done: ask another admin.
approval-over = This does not wait any more: it was decided, taken back, or its seven days are over. Nothing was done.
approval-stale = What it is about has changed since it was proposed, or who proposed it may not any more. Nothing was done: it has to be proposed anew.
approval-needed = This needs a second admin: propose it on the vendor's pages. Nothing was changed.
approval-nobody-else = There is no other active admin who could approve anything. Nothing was changed: create another admin first.
approval-too-many = A hundred proposals wait already. Nothing was changed: decide about some of them first.
release-needs-two = Another admin has to approve it.
audit-log = Audit log
audit-lead = Everything that was changed here, by whom and when. Each entry carries the hash of the one before it, so that nothing can be changed or taken out unseen.
audit-trouble = The log is not kept as it should be
audit-chained = Entries in the chain
audit-waiting = { $count ->
    [0] all that there are
    [one] one more waits, for some seconds
   *[other] { $count } more wait
}
audit-last-checkpoint = Last checkpoint, up to entry
audit-none-yet = none yet
audit-subject-hint = Id, e-mail address or license key
audit-actor-hint = E-mail address or id
audit-from = From
audit-until = Until
audit-none-found = Nothing was found.
audit-none-here = Nothing was found so far. The next page looks further back.
audit-further-back = It was looked through a part of the log. The next page looks further back.
audit-export = Whole log, to be verified
audit-checkpoints = Checkpoints
audit-checkpoints-lead = A checkpoint is signed every day, and says how far the log went. Whoever can write into the database can make the log anew, but not a checkpoint that somebody else keeps: take them to a place that this portal cannot change, and compare now and then with countersign audit verify.
audit-entry = Up to entry
audit-signed = Signed
audit-file = File
audit-download = Download
audit-download-of = Download the checkpoint of entry { $entry }
audit-sign-now = Sign one now
audit-no-checkpoint = No checkpoint was signed, and nothing was changed: { $detail }
audit-log-id = Id of this log:
audit-all = The whole log
audit-row = Row
audit-by-command = the command line
audit-by-first-start = the first start
audit-of-this = What happened to it
audit-by-them = What they did
audit-detail = Further words
keys = Keys
root-key = Root key for your app
signing-key = Signing key
delegated-until = Delegated until
keys-more = More about the keys, and new ones
keys-kid = Thumbprint
keys-x = Public key
keys-x-hint = To be delegated to anew: countersign keys delegate --to
keys-holder = Holder
keys-types = May sign
keys-longest = Longest grant
keys-serial = Serial
keys-from = From
keys-left = Left
keys-days-left = { $days ->
    [one] { $days } day
   *[other] { $days } days
}
keys-next = Next key
keys-next-hint = Made and waiting: when the root delegates to it, the delegation makes it the signing key.
keys-root-signed = What the root has signed
keys-list-name = Revocation list
keys-list = Number { $number } of { $when }: { $count ->
    [one] one key
   *[other] { $count } keys
}
keys-no-list = None
keys-rotation = Root number { $number }; the one before signs until { $until }
keys-ends-title = The signing key ends soon
keys-ends = { $days ->
    [0] The delegation ends within a day,
    [one] The delegation ends in one day,
   *[other] The delegation ends in { $days } days,
} on { $until }. After that nothing new is signed, and no machine is activated or renewed. Delegate anew where the root is, and bring the file here.
keys-ended-title = The signing key has ended
keys-ended = The delegation ended on { $until }. Nothing new is signed until there is another one: delegate anew where the root is, and bring the file here.
keys-trouble-title = The files in the keys folder are not used
keys-trouble = They changed, and what is there now cannot be used. The portal goes on with what it had; after a restart it would not. Put them right, or put the earlier ones back.
keys-install-title = Bring what the root has signed
keys-install = A new delegation, a revocation list or a root rotation. What comes together is taken together, and used at once. Nothing is taken that the root has not signed, or that is older than what is there.
keys-files = Files
keys-pasted = Text of a file
keys-less = It is meant that less is allowed than now: a smaller scope, an earlier end, fewer keys on the list
keys-install-button = Verify and use
keys-upload-broken = The files did not come whole, or are larger than such files are.
scope-activation = activations
scope-deactivation = deactivations
scope-trial = trials
scope-release = releases
scope-time-reset = time resets
scope-audit-checkpoint = checkpoints of the audit log
scope-all-products = All
scope-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
}
scope-no-limit = No limit
keys-refused-nothing = No file was brought.
keys-refused-many = At most { $most } files are taken at a time.
keys-refused-private = { $name } is a private key. It does not belong here, and was not kept: bring what the root signed with it.
keys-refused-unreadable = { $name } is no delegation, revocation list or root rotation, or it is damaged.
keys-refused-kind = { $name } is { $kind }, not a delegation, a revocation list or a root rotation.
keys-refused-twice = { $name } is the second of its kind: one delegation and one list are taken at a time.
keys-refused-busy = The keys are being changed by somebody else. Try again in a moment.
keys-at-signer-title = The key is at a signer
keys-at-signer = The signing key lies with a program of its own, which this portal asks. A new delegation, a revocation list or a root rotation goes there: countersign-portal keys install, with --data and the signer's folder. The portal hears of it within seconds.
keys-refused-at-signer = The signing key is at a signer, and so are its papers: bring them there.
keys-refused-disk = The files in the keys folder do not fit each other: { $detail }.
keys-refused-untrusted = It is not signed by the root of this portal: { $detail }.
keys-refused-retired = It is signed by a root that had been replaced by then: { $detail }.
keys-refused-invalid = It cannot be used: { $detail }.
keys-refused-rotation = The root rotation does not follow those that are known: { $detail }.
keys-refused-rotation-known = The rotation to root number { $number } is known already.
keys-refused-root-ended = With this rotation the root over the portal's delegation has ended, and nothing could be signed. Bring it together with a delegation by the new root.
keys-refused-list-same = This revocation list is in use already.
keys-refused-list-older = The revocation list is number { $number }, and number { $present } is in use: an older list would lift revocations.
keys-refused-list-forgets = { $count ->
    [one] The list leaves out one key that the present one revokes.
   *[other] The list leaves out { $count } keys that the present one revokes.
} Make it from the present one (--list), or say that it is meant.
keys-refused-list-names-own = The list revokes the portal's own key: no machine would take what it signs. Bring it together with a delegation for the next key.
keys-refused-delegation-same = This delegation is in use already.
keys-refused-delegation-older = The delegation is not newer than the one in use: its serial is not higher, or it was signed earlier.
keys-refused-other-key = The delegation is for the key { $key }, which is neither the portal's nor its next one.
keys-refused-counted = The delegation allows a number of grants, which the portal does not count. Make one without --max-grants.
keys-refused-approved = It asks for approvals of a second key, which the portal cannot get. Make one without --approved-days.
keys-refused-ended = The delegation ended on { $when }.
keys-refused-early = The delegation begins on { $when }. Until then nothing could be signed.
keys-refused-revoked = The delegation is revoked by the list.
keys-refused-less = The delegation allows less than the present one: { $what }. If that is meant, say so with the tick (--less on the command line).
keys-less-types = kinds of files are missing
keys-less-products = products are missing
keys-less-days = grants would be shorter
keys-less-time = it ends earlier
what-happened = What happened
when = When
what = What
to-what = To
by-whom = By
id = Id
trial = Trial
archived = archived
archived-hint = Archived: no new licenses and no trials. The licenses that there are go on: their machines are activated and renewed, and their releases can be downloaded.
new-product = New product
create-product = Create product
product-id-rule = Id: a-z 0-9 . _ -
product-id-wrong = A product's id is 1 to 64 of a-z 0-9 . _ -
product-id-taken = There is a product with this id already.
product-name-needed = A product has a name.
product-unknown = There is no such product.
product-archived = The product is archived: it gets no new licenses. Take the tick away on its page first.
product-first = Create a product first:
trial-days = Trial, in days (empty: none)
strategy = How machines are bound
features-lines = Features, one a line: name, name=7 or name=word
metadata-lines = Further strings, one a line: name=value for the app, name=value [user, organization] for people
reinstall-allowance = Re-installs of one seat within a year
for-your-app = For your app
licenses-of-all = Licenses of all customers
new-license = New license
create-license = Create license
user = User
users = Users
organization = Organization
organizations = Organizations
allowed-activations = Activations at a time (empty: any number)
allowed-deactivations = Deactivations (empty: any number)
days-from-now = days from now
days-from-first = days from the first activation
validity-days = Days of validity
validity-days-needed = This validity needs a number of days.
import-days = A response must be installed within days
extend-days = Extend by days
extend-perpetual = The license is perpetual: there is no end that could be extended.
extend-not-begun = The validity begins with the first activation and has not begun: there is no end yet that could be extended.
extend-too-far = An end so far away cannot be told.
maintenance-until = Maintenance until
maintenance-until-hint = It may run releases that were published until the end of this day (UTC). Empty: as long as the license.
highest-version = Highest version
highest-version-hint = The highest version that it may run, such as 2.4.1; 2.x is all of 2. Empty: any.
created = Created
license-stale = The license was changed meanwhile, by a machine or by somebody else. Open it again.
license-below-use = { $live } machines are active and { $deactivations } deactivations were made: a limit cannot be lower than that.
role = Role
role-customer = customer
role-admin = admin
status-invited = invited
status-suspended = suspended
new-user = New user
user-unknown = There is no such user.
email-taken = There is somebody with this e-mail address already.
suspend-yourself = You cannot suspend yourself.
last-vendor-admin = No owner would be left who can log in. Make somebody else an owner first.
suspend-own-organization = You belong to this organization: suspending it would lock you out, too.
new-organization = New organization
create-organization = Create organization
organization-name-needed = An organization has a name.
organization-unknown = There is no such organization.
suspended-hint = Suspended: cannot log in
password-link-title = Link to set the password
password-link-hint = Hand it to them. It works once, for seven days.
new-password-link = New password link

## Mail

mail-signature =
    { $vendor }
    The portal wrote this mail; nobody reads answers to it.
mail-help = Help: { $support }
mail-invitation-subject = Invitation to { $organization } at { $vendor }
mail-invitation-body =
    { $by } invites you to use the licenses of { $organization } at { $vendor }.

    Accept the invitation here. The link works once, for { $days } days:

    { $link }

    If you do not know what this is about, ignore this mail: nothing happens.
mail-reset-password-subject = New password for { $vendor }
mail-reset-password-body =
    Somebody, hopefully you, asked for a new password for your account at { $vendor }.

    Set it here. The link works once, for { $minutes } minutes:

    { $link }

    If that was not you, ignore this mail: your password stays as it is.
mail-confirm-email-subject = Confirm your e-mail address for { $vendor }
mail-confirm-email-body =
    The account of { $name } at { $vendor } wants to use this e-mail address.

    If that is you, confirm it here. The link works once, for { $hours } hours:

    { $link }

    If that was not you, ignore this mail: the address is not used.
mail-address-has-account-subject = Your e-mail address at { $vendor }
mail-address-has-account-body =
    Somebody wanted to use this e-mail address for another account at { $vendor }. There is an account with it already, so nothing was changed.

    If that was you, log in with this address instead. If not, there is nothing to do.
mail-email-changed-subject = Your e-mail address at { $vendor } was changed
mail-email-changed-body =
    Your account at { $vendor } now uses the address { $new }. Mail goes there from now on.

    If that was you, there is nothing to do.

    If that was not you, undo it here: you get your account back and set a new password. The link works once, for { $days } days:

    { $link }
mail-trial-cap-subject = No more trials today at { $vendor }
mail-trial-cap-body =
    { $count ->
        [one] One trial was started today, and no more may be.
       *[other] { $count } trials were started today, and no more may be.
    } Until midnight UTC further ones are refused. Requests that were answered before are answered as ever, and so is everything else.

    If so many people want to try your products, raise the number. If not, look what asks for them:

    { $link }
mail-proposal-subject = Something waits for your approval at { $vendor }
mail-proposal-body =
    { $by } wants to do something that needs a second admin. Look what exactly it is, and approve or refuse it within seven days:

    { $link }
mail-signing-key-ends-subject = The signing key of the portal of { $vendor } ends soon
mail-signing-key-ends-body =
    The delegation of the key that the portal signs with ends on { $until }: { $days ->
        [0] within a day.
        [one] in one day.
       *[other] in { $days } days.
    } After that nothing new is signed: no machine is activated, renewed or deactivated, and no trial starts. What is installed runs on.

    Delegate anew where the root is, and bring the file to the portal. It takes it without a restart:

    { $link }
mail-signing-key-ended-subject = The signing key of the portal of { $vendor } has ended
mail-signing-key-ended-body =
    The delegation of the key that the portal signs with ended on { $until }. Nothing new is signed: no machine is activated, renewed or deactivated, and no trial starts. What is installed runs on.

    Delegate anew where the root is, and bring the file to the portal. It takes it without a restart:

    { $link }
mail-password-changed-subject = Your password at { $vendor } was changed
mail-password-changed-body =
    The password of your account at { $vendor } was changed.

    If that was you, there is nothing to do. If not, set a new password at once:

    { $link }
mail-two-factor-on-subject = Two-factor login at { $vendor } is on
mail-two-factor-on-body =
    Logging in to your account at { $vendor } now takes a code of an authenticator app as well.

    If that was you, there is nothing to do. If not, set a new password at once and tell { $vendor }:

    { $link }
mail-two-factor-off-subject = Two-factor login at { $vendor } is off
mail-two-factor-off-body =
    Logging in to your account at { $vendor } now takes the password alone.

    If that was you, there is nothing to do. If not, set a new password at once:

    { $link }
mail-recovery-code-used-subject = A recovery code was used at { $vendor }
mail-recovery-code-used-body =
    Somebody logged in to your account at { $vendor } with one of its recovery codes.

    If that was you, there is nothing to do. If not, set a new password at once:

    { $link }

mail-new-recovery-codes-subject = New recovery codes at { $vendor }
mail-new-recovery-codes-body =
    Your account at { $vendor } has new recovery codes; the old ones work no longer.

    If that was you, there is nothing to do. If not, set a new password at once:

    { $link }

mail-token-made-subject = A new API token of your account at { $vendor }
mail-token-made-body =
    A token was made with which a program can act for you at { $vendor }.

    If that was you, there is nothing to do. If not, set a new password at once, which ends all of your tokens:

    { $link }

## Accounts

organization-full = { $count ->
    [one] The organization has the one user that it may have. Deactivate them, or ask the vendor for more.
   *[other] The organization has the { $count } users that it may have. Deactivate somebody, or ask the vendor for more.
}
last-organization-admin = Nobody would be left to run the organization. Make somebody else an administrator first.
status-deactivated = deactivated
error-nothing-changed = Nothing was changed.
address = Address
first-name = First name
last-name = Last name
groups = Groups
language = Language
profile = Profile
saved = Saved.
refused-wrong-password = The password is wrong.
refused-wrong-code = The code is wrong, or was used already. Wait for the next one and try again.
refused-two-factor-unavailable = The portal cannot check codes of authenticator apps at the moment: the key to them is missing. Nothing was changed, and no attempt was counted. Use a recovery code, or ask an administrator to turn two-factor login off for you.
refused-unfit-name = A name has at most 100 characters, on one line.
refused-unfit-address = This is no e-mail address that mail can be sent to.
refused-same-address = This is the address already.
refused-dead-link = This link was used, is too old, or what it is about is over. Ask for a new one.
refused-has-account = There is an account with this address. Log in with it, then open the link again.
refused-other-address = The invitation is for another address than that of the account you are logged in with.
refused-belongs-elsewhere = This account belongs to another organization. Ask the vendor to move it.
forgot-title = Forgot your password?
forgot-lead = Type your e-mail address. You get a mail with a link to set a new password.
forgot-button = Send the link
forgot-done = If there is an account with this address, a mail is on its way. The link in it works for { $minutes } minutes. Nothing there? Look into the spam folder, or ask whoever runs your licenses.
password-is-set = Your new password is set. Log in with it.
login-code-title = Second step
code-of-app = Code of your authenticator app
code-of-app-or-recovery = Code of your authenticator app, or a recovery code
login-code-hint = Six digits. Without the app, type one of your recovery codes.
login-code-late = That took too long. Log in again with your password.
login-again = Back to the password
confirm-email = Confirm your e-mail address
confirm-email-text = Your account will use { $address }, for logging in and for mail.
confirm-email-button = Confirm
confirm-email-done = The new address counts from now on. Log in with it. The old one was told.
revert-email = Undo the change of your e-mail address
revert-email-text = Your account will use { $address } again. Everybody who is logged in to it is logged out, and you set a new password.
revert-email-button = Undo it
invite-title = Welcome to { $organization }
invite-new = You were invited as { $address }. Choose a password, and you are in.
invite-join = Your account { $address } joins the organization.
invite-log-in = There is an account with { $address } already. Log in with it to join.
invite-accept = Accept the invitation
names-and-language = Name and language
language-of-browser = As my browser asks for
email-now = Your address: { $address }
email-waits = { $address } waits for its confirmation: open the link in the mail we sent there.
email-new = New address
email-change = Change address
password-now = Your password now
password-change = Change password
password-change-hint = Everywhere else you are logged out.
profile-done-saved = Saved.
profile-done-email = We sent a mail to the new address. Open the link in it; until then the old address counts.
profile-done-password = The new password counts. Everywhere else you were logged out.
sessions = Sessions
sessions-lead = Where you are logged in. If you do not know one of them, log it out and change your password.
browser = Browser
device-unknown = Unknown browser
last-seen = Last seen
logged-in-since = Logged in since
session-end = End
session-end-others = Log out everywhere else
session-here = this one
two-factor = Two-factor login
two-factor-lead = After the password you type a code that an app on your phone shows. Whoever knows your password cannot log in without your phone.
two-factor-start = Set it up
two-factor-again = Start again with a new code
two-factor-scan = 1. Scan the code
two-factor-scan-hint = With an authenticator app of your choice.
two-factor-qr = QR code for the authenticator app
two-factor-type = Or type this secret into the app:
two-factor-open = Open in an app on this device
two-factor-first-code = 2. Type what it shows
two-factor-on = Turn on
two-factor-off = Turn two-factor login off
two-factor-off-hint = Your password alone will be enough to log in.
two-factor-lost-hint = For somebody who lost phone and recovery codes. They get a mail about it.
is-on = on
is-off = off
recovery-codes = Your recovery codes
recovery-keep = Print them or write them down: they are shown this once. Each logs you in once, without the app.
recovery-new = New recovery codes
recovery-new-hint = The old ones are worth nothing then.
activity = Activity
activity-newest = Newest
activity-older = Older
activity-somebody = somebody who left
activity-deleted-group = a deleted group
activity-license-gone = a license that is no longer yours
activity-by-machine = the machine
activity-by-link = a link by mail
activity-by-portal = the portal
activity-organization-create = The organization was created.
activity-organization-change = The organization was changed; it is { $detail }.
activity-user-create = User { $subject } was created.
activity-user-invite = { $subject } was invited.
activity-user-withdraw-invitation = The invitation of { $subject } was taken back.
activity-user-accept-invitation = { $subject } accepted the invitation.
activity-user-change = User { $subject } was changed; they are { $detail }.
activity-user-move = User { $subject } left for another organization.
activity-user-organization-role = { $subject } is { $detail } now.
activity-user-deactivate = { $subject } was deactivated.
activity-user-reactivate = { $subject } was reactivated.
activity-user-change-profile = { $subject } changed their profile.
activity-user-set-password = { $subject } has a new password.
activity-user-password-link = A link to set a new password was made for { $subject }.
activity-user-ask-email-change = { $subject } asked for another e-mail address.
activity-user-confirm-email = { $subject } has a new e-mail address.
activity-user-revert-email = The change of the e-mail address of { $subject } was undone from the old mailbox.
activity-user-two-factor-on = Two-factor login of { $subject } is on.
activity-user-two-factor-off = Two-factor login of { $subject } is off.
activity-user-new-recovery-codes = { $subject } has new recovery codes.
activity-user-use-recovery-code = { $subject } used a recovery code.
activity-user-end-session = { $subject } ended a session.
activity-user-end-other-sessions = { $subject } logged out everywhere else.
activity-user-end-tokens = The API tokens of { $subject } were ended.
activity-group-create = Group { $subject } was created.
activity-group-rename = A group is called { $detail } now.
activity-group-delete = Group { $detail } was deleted.
activity-group-add = { $detail } was put into { $subject }.
activity-group-remove = { $detail } was taken out of { $subject }.
activity-group-link-license = { $detail } was linked to { $subject }.
activity-group-unlink-license = { $detail } is no longer linked to { $subject }.
activity-license-create = License { $subject } was created.
activity-license-change = License { $subject } was changed.
activity-license-release-limits = Which releases license { $subject } covers was changed.
activity-license-move = A license was moved to another owner.
activity-activation-create = { $subject } was activated.
activity-activation-renew = { $subject } was renewed.
activity-activation-reinstall = { $subject } was activated again after a reinstallation.
activity-activation-again = { $subject } was activated again on its seat.
activity-activation-returned = { $subject } was given up beyond the allowed deactivations; the seat stays with it.
activity-activation-deactivate = { $subject } was deactivated.
activity-mail-given-up = A mail to { $subject } could not be delivered: { $detail }
activity-proposal-make = Proposed for a second person: { $detail }
activity-proposal-approve = A proposal was approved: { $detail }
activity-proposal-refuse = A proposal was refused or taken back: { $detail }
activity-proposal-stale = A proposal had become impossible: { $detail }
activity-two-people-on = The two-person rule was turned on.
activity-two-people-off = The two-person rule was turned off.
activity-setting-change = Setting { $subject } was changed: { $detail }
activity-setting-forget = Setting { $subject } was taken back.
activity-product-save = Product { $subject } was saved.
activity-release-create = Release { $subject } was created.
activity-release-notes = The notes of { $subject } were changed.
activity-release-add-file = A file was added to { $subject }: { $detail }
activity-release-remove-file = A file was taken out of { $subject }: { $detail }
activity-release-publish = { $subject } was published.
activity-release-archive = { $subject } was archived.
activity-trial-start = A trial began.
activity-trial-cap = The trials of a day are used up: { $subject }.
organization-role-member = member
organization-role-admin = administrator
users-used = { $used } users
invite-somebody = Invite somebody
invite-send = Send the invitation
invitation-open = The invitation was not accepted yet.
invitation-again = Send the invitation again
invitation-withdraw = Take the invitation back
invitation-sent = The invitation is on its way, with a fresh link.
deactivated-hint = Deactivated: cannot log in, and does not count against the allowed users
groups-lead = Put people into groups, and link licenses to the groups: everybody in a group may use its licenses.
groups-none = There is no group yet.
group-new = New group
group-create = Create group
group-rename = Rename
group-delete = Delete the group
group-delete-hint = Its users lose access to its licenses. Machines that are activated stay activated.
group-name-needed = A group has a name of at most 100 characters.
group-name-taken = There is a group of this name already.
group-too-many = The organization has as many groups as it may have.
group-put-in = Put somebody in
group-put-in-button = Put in
group-take-out = Take out
group-take-out-name = Take out: { $name }
group-seats = Seats in use
group-cap = At most
group-cap-any = Seats at most (empty: any number)
group-link = Link
group-unlink = Unlink
group-no-licenses = There is no further license to link.
access-title = Who may use this license
access-through = Through
access-owner = It is theirs
access-admin = Runs the organization
access-group = Group { $group }
owner-outside = Its owner, { $owner }, is not in its organization and does not see it. Its machines keep their seats. The vendor can give it another owner.
access-no-groups = The license is not linked to a group.
recovery-left = { $count ->
    [one] Two-factor login is on, with one recovery code left.
   *[other] Two-factor login is on, with { $count } recovery codes left.
}
invited-count = { $count ->
    [one] one invitation not accepted yet
   *[other] { $count } invitations not accepted yet
}
group-cap-below-use = { $count ->
    [one] One seat is in use through the group: the limit cannot be lower than that.
   *[other] { $count } seats are in use through the group: the limit cannot be lower than that.
}
organization-role = Role in the organization
allowed-users = Users at most (empty: any number)
deactivated-by-organization = Deactivated by their organization

## The API for programs

scope-license-keys-read = license-keys:read – read license keys
scope-products-read = products:read – read products
scope-products-write = products:write – create and change products
scope-plans-read = plans:read – read plans
scope-plans-write = plans:write – create, change and archive plans
scope-licenses-read = licenses:read – read licenses without their keys
scope-licenses-write = licenses:write – create, extend, suspend, revoke and hand over licenses
scope-customers-read = customers:read – read users and organizations
scope-customers-write = customers:write – create and change customers and organizations
scope-activations-read = activations:read – read which machines hold seats
scope-activations-release = activations:release – release the seats of lost machines
scope-trials-read = trials:read – read which machines have trials
scope-trials-extend = trials:extend – extend trials, within your limits
scope-releases-read = releases:read – read releases and what is known of their files
scope-releases-write = releases:write – create, describe, publish and archive releases
scope-settings-read = settings:read – read the settings
scope-settings-write = settings:write – change the settings
scope-overview-read = overview:read – read the numbers of the overview
scope-audit-read = audit:read – read the audit log
api-end-twice = Only one of these can be given: when it ends, or how many days.
api-import-days = A response is to be installed within 1 to 365 days.
api-vendors-people = The vendor’s own people are changed on their page alone, not by programs.
api-title = The API
api-lead = What programs can do with a token. Everything below is made from the program itself; its texts are in English.
api-document = The same as an OpenAPI document
api-token = Token to try it with
api-token-hint = It is kept in this field only and is gone when you leave the page. Requests really do what they say.
api-nouns = What there is
api-scope = The token needs the scope
api-no-token = No token is needed.
api-parameters = Parameters
api-body = Body
api-answer = Answer
api-problems = Problems
api-needed = required
api-send = Send
activity-license-read-key = A program read the key of license { $subject }.
## Publishing releases
releases = Releases
releases-lead = What you publish for your customers. A release is a draft first, which nobody else sees.
releases-none-yet = There is no such release yet.
release-every-status = Every status
release-draft = draft
release-published = published
release-archived = archived
release-private = for some licenses
release-checksums = Checksums
release-signed = signed
release-new = New release
release-create = Create a draft
release-version-hint = It begins with a number, and is best a Semantic Version such as 2.1.0 or 2.1.0-rc.1.
release-version-unfit = That is no version: it has 1 to 64 letters, digits and . _ + -.
release-channel-unfit = That is no channel: it has 1 to 32 small letters, digits and -.
release-notes-markdown = What is new (Markdown)
release-no-file-yet = No file yet.
release-add-file = Add files
release-platform = For which platform, in your words
release-drop = Choose files
release-add-hint = A large file is sent in pieces: if the connection breaks, it goes on by itself, and if you leave the page, choose the same file here again.
release-sending = { $name }: { $percent } percent sent
release-waiting = { $name }: the connection broke, it is being tried again …
release-joining = { $name }: all of it arrived, it is being put together …
release-upload-failed = { $name } is not complete. What arrived is kept for seven days: choose the same file again to go on.
release-on-their-way = Not complete yet
release-on-their-way-hint = Choose the same file below to go on where it stopped.
release-percent = { $percent } percent arrived
release-discard = Discard
release-discard-name = Discard { $name }
release-remove = Remove
release-remove-name = Remove { $name }
release-who = Who sees it
release-for-all = Every customer whose license may run it
release-for-some = Only some licenses, for example for a correction that one customer waits for
release-licenses = Licenses (one a line)
release-licenses-hint = The whole license key, or the id at the end of the address of a license's page. They have to be able to run it as well: maintenance and highest version hold.
release-license-unknown = “{ $line }” is no license of this product.
release-not-active = not active
release-publish = Publish
release-publish-hint = From then on its files do not change, and customers can download them. The list of the files with their SHA-256 is signed, so that customers can check what arrived.
release-comes-back = It comes back as it was, with its day and its checksums.
release-by-portal = The portal signs the checksums
release-by-file = They were signed elsewhere, with countersign sign-release
release-checksum-file = That checksum file
release-by-nobody = Without signed checksums
release-checksums-none = No checksum file came with the form.
release-archive = Archive
release-archive-hint = Customers do not see it any more. Publishing brings it back as it was.
release-as-customer = As customers see it
release-already = It is so already.
release-not-draft = Files belong to drafts, and this release was published or archived.
release-version-taken = The product has that version on that channel already.
release-version-without-number = A version begins with a number, or it has no place among the others.
release-name-taken = The release has a file of that name, or one is on its way with another size (upper and lower case count as one).
release-too-many-files = A release has at most 50 files.
release-no-files = A release without files is not published: add them first.
release-notes-too-long = The notes have at most 64 KiB.
release-stale = Somebody else changed it meanwhile: look at it again.
release-given-too-many = A private release is given to at most 1000 licenses.
release-file-none = No file came with the form.
release-file-name = “{ $name }” is no name for a file here: it has letters, digits and . _ + -, and is no device of Windows. Rename the file and choose it again.
release-file-empty = The file is empty.
release-file-large = The file is larger than { $most } GiB.
release-platform-unfit = A platform has at most 64 characters, in one line.
release-piece-broken = A piece of the file came otherwise than it was sent.
release-elsewhere = The files of this portal lie in { $kept }, and it was started with { $here }. Whoever runs it should start it with the place where the files are.
release-not-stored = The file could not be stored; whoever runs the portal finds the reason in its log. What was there before is as it was.
release-not-stored-advice = Try again later. A file that was sent in pieces goes on where it stopped.
activity-release-visibility = Who sees { $subject } was changed: { $detail }
# Roles, the vendor's people and resellers

staff = People
staff-lead = The vendor's own people and the admins of resellers: what they are here, whether a login takes a second factor, when they were last seen.
staff-suspend = Suspend
staff-let-in = Let in again
roles-title = What each role may
role-owner = owner
role-support = support
role-read-only = read-only
role-reseller-admin = reseller's admin
role-may-owner = Everything, and alone makes, changes and suspends owners. There is always one who can log in.
role-may-admin = Everything but what concerns owners.
role-may-support = Sees licenses with their keys, machines, customers, products and journals; answers requests, releases seats and extends trials within the limits of the settings. Changes no license, product, key, text or setting, and sees no audit log.
role-may-read-only = Sees all pages of the vendor, with license keys masked, and changes nothing.
role-may-reseller-admin = Sees and passes on the licenses of the reseller's own customers, and creates organizations and users there. Creates no license and changes none.
role-may-customer = Sees their own licenses.
role-not-yours = Your role does not let you do that to somebody with this role. Owners are made and changed by owners alone.
needs-reseller = Only an organization that is a reseller has customers, and its admins belong to it. A reseller is nobody's customer.
reseller-has-customers = This organization still has customers, or people who run them, and stays a reseller until it has none.
organization-kind = Kind
kind-customer = customer
kind-reseller = reseller
organization-reseller = Customer of
user-reseller = Customer of
user-reseller-hint = The reseller sees what is this person's own and belongs to no organization.
license-and-machines = License and machines
reseller-customers = Customers
reseller-licenses = Licenses of the customers
reseller-lead = The customers of this reseller. Licenses that no customer has yet wait here.
reseller-none = There is no customer yet.
reseller-people = Customers without an organization
reseller-new = New customer
reseller-customer-lead = Who belongs to this customer. Its admins invite further people themselves.
reseller-full = A reseller creates no more organizations than it has. Ask the vendor.
assign-license = Pass the license on
assign-lead = The license goes on as it is, in the new holder's name, and whoever had it before sees it no longer.
assign-to = To
assign-machines = { $count ->
    [one] One machine holds a seat of this license. It goes along: the new holder sees it.
   *[other] { $count } machines hold seats of this license. They go along: the new holder sees them.
}
staff-second-factor = Second factor for people
staff-second-factor-off = whoever wants one
staff-second-factor-on = everybody, before anything else
staff-second-factor-hint = The vendor's people and the admins of resellers set two-factor login up before any other page opens. Tokens of programs go on. A second factor at the staff’s own identity provider counts, where that says so (amr with mfa).
second-factor-first = The vendor wants you to set two-factor login up before you go on. Nothing else opens until then.
support-per-year = Releases by support per license and year
support-per-year-hint = Support releases a seat without the machine's proof while fewer seats of the license than this were released within 365 days, by whomever. Admins are held to no number.
support-per-day = Releases by one person of support per day
support-per-day-hint = How many seats of all licenses together one person of support releases within 24 hours. It bounds what a stolen account does.
support-releases-range = Support releases between 0 and 1000 seats.
release-by-support = As support you release a seat while fewer than { $year } seats of the license were released within a year, and up to { $day } seats of all licenses within 24 hours.
releases-of-day-used-up-title = No release left today
releases-of-day-used-up = You have released as many seats within 24 hours as one person of support may ({ $allowed }). The next one is possible on { $again }.
releases-of-day-used-up-advice = Nothing was changed. If it cannot wait, ask an admin.
activity-user-role = { $subject } has another role for the vendor now.
activity-license-assign = The license { $subject } was passed on to { $detail }.

## Hosts, the vendor's own domain, mail

host-title = Not reached by this name
host-unknown = The address that you opened is none of this portal's. Nothing is shown under it.
host-unclear = The request names no host, or more than one.
host-advice = Use the address that you were given for the portal. If you run it: start it with --public-url and the address that people use, and let a proxy in front pass on the Host header as it got it. The log says which name was asked for.
settings-domain = Domain
settings-mail = Mail
domain-no-operator = The portal was started without the address that people use, so it is only reached on this machine.
domain-no-operator-advice = Whoever runs the portal starts it with --public-url https://…; then a domain of your own can be set here.
domain-operators = The portal's address
domain-operators-hint = As whoever runs the portal set it. It always works.
domain-links = Links in mails and files begin with
domain-lead = Your customers can reach the portal under a name of your own. You make two records where your domain's DNS is kept; as soon as the portal finds them it answers under the name.
domain-name = Your domain
domain-name-hint = A name below a domain of yours that is not used for anything else, like licenses.acme.example.
domain-set = Set domain
domain-none = No domain is set.
domain-other = Another domain
domain-other-hint = The present one ends at once, and with it links that begin with it.
domain-records = Records to make
domain-records-lead = Make both where the DNS of your domain is kept. The first one leads to the portal, the second says that the name is meant for this portal, so that nobody else can have it.
domain-apex = The top of a domain (acme.example itself) can have no CNAME. There use ALIAS or ANAME if your provider has them, or A and AAAA records with the same addresses as { $target }.
record-name = Name
record-type = Type
record-value = Value
record-right = Found
record-missing = Missing
record-wrong = Different
record-unanswered = No answer
record-unknown = Not looked for yet
finding-right = It is as it has to be.
finding-unknown = The portal looks within seconds.
finding-no-name = There is no such name (NXDOMAIN). A record that was made just now can take a while to be seen everywhere.
finding-no-record = The name exists, but has no such record.
finding-pointer-elsewhere = It leads elsewhere: { $seen }
finding-proof-elsewhere = There is another text: { $seen }
finding-loop = The names lead in a circle, or on and on: { $seen }
finding-failed = The DNS servers of the domain fail ({ $seen }). Ask whoever keeps its DNS.
finding-silent = No DNS server answered. That says nothing about your record; whoever runs the portal can look why. { $seen }
domain-is-asked = Waiting for its records
domain-is-verified = Verified
domain-is-used = In use
domain-is-failing = Records are gone
domain-is-asked-what = Nothing is answered under this name yet.
domain-is-verified-what = The portal answers under this name. Open it once, so that a certificate is made and you see that it works; then let mails and files use it.
domain-sign-on = Where people come in by single sign-on: their providers send them back to the address that links begin with. Let the new one be registered there first.
domain-is-used-what = The portal answers under this name, and links in mails and files begin with it. The records are looked at once a day.
domain-is-failing-what = Until they are back links begin with the portal's own address. After a week without them nothing is answered under this name any more.
domain-failing = The records of { $name } are not as they were.
domain-failing-advice = Compare them below. If you do not need the name any more, remove it here as well: whoever gets it next must not get your customers.
domain-use = Use it in mails and files
domain-leave = Use the portal's own address again
domain-remove = Remove domain
domain-check = Check now
domain-checked = Looked at { $time }.
domain-check-again = Next: { $time }.
domain-check-by-hand = It is not looked for by itself any more.
domain-empty = Type a domain.
domain-unfit = That is no name of a domain: letters, digits and hyphens between dots, without a scheme, port or path.
domain-too-long = That name is too long: at most 63 characters between two dots, and at most 240 in all.
domain-wildcard = A single name is needed, not all of them: leave the * out.
domain-address = That is an address, not a name: certificates and records need a name.
domain-not-public = { $name } is no name that others could reach.
domain-is-operators = That is the portal's own address already.
domain-needs-public-url = The portal was started without --public-url: there is nothing that a record could lead to.
domain-just-checked = DNS was asked seconds ago. Wait a moment.
domain-not-verified = The domain is not verified, or its records are gone: links do not begin with it.
mail-way = How mail leaves
mail-way-hint = Whoever runs the portal sets this when it starts.
mail-server = Server
mail-encryption = Encryption
mail-login = Login
mail-sender = From
mail-tls-whole = TLS from the start
mail-tls-required = STARTTLS, required
mail-tls-opportunistic = STARTTLS if the server offers it
mail-tls-none = none
mail-logs-in = with a password
mail-logs-in-not = none
mail-outbox = None: mail is written as files into { $folder }, and nobody gets it.
mail-test = Send a test mail
mail-test-what = Sends a mail to { $to } now, and says what the server says.
mail-test-taken = The server took the mail to { $to }. Whether it arrives where you read it, you see there.
mail-test-written = The mail was written into the outbox.
mail-test-refused = The mail did not get through:
mail-test-advice = It is not tried again. Other mail waits in the queue until it gets through.
mail-queue = Queue
mail-waiting = Waiting
mail-failing = Of those, failed before
mail-no-failures = No mail has failed in the last days.
mail-queued = Queued
mail-error = What the server said
mail-tries = Tries
mail-again = Next try
mail-given-up = Given up
mail-test-subject = Test mail of the portal of { $vendor }
mail-test-body =
    Mail of the portal gets through. You asked for this one on the page Settings, Mail.

    { $link }
mail-domain-gone-subject = The domain of the portal of { $vendor } is not in DNS any more
mail-domain-gone-body =
    The records of { $name } are gone, or lead elsewhere. Links in mails and files begin with the portal's own address until they are back. Without them nothing is answered under this name any more from { $until } on.

    What is wrong with them:

    { $link }
mail-domain-ended-subject = The portal of { $vendor } is not reached by its domain any more
mail-domain-ended-body =
    The records of { $name } were gone for a week: nothing is answered under this name any more. To have it back, make the records that are shown here, or remove it:

    { $link }
activity-domain-set = A domain was set: { $subject }.
activity-domain-verified = A domain was verified: { $subject }.
activity-domain-use = Links begin with the domain { $subject }.
activity-domain-leave = Links begin with the portal's own address again, not with { $subject }.
activity-domain-failing = The records of { $subject } are gone: { $detail }
activity-domain-well-again = The records of { $subject } are back.
activity-domain-ended = The portal is not reached by { $subject } any more.
activity-domain-remove = A domain was removed: { $subject }.
# Trials of a product, and of one machine

trials = Trials
trials-lead = The machines that try your products. A trial is extended here, and its machine is told by a fresh response.
trials-search-hint = Name of a machine, device key, id of a trial or a request
trials-none = Nobody has tried a product yet.
trials-none-found = No trial fits.
trial-state-running = runs
trial-state-ended = over
trial-state-extended = extended
trial-state-licensed = has a license
trial-began = Began
trial-ends = Ends
trial-id = Trial
device-key = Device key
trial-before = Trial before this one
trial-other = Given elsewhere
trial-other-until = A support desk gave this machine a further trial, until { $end }.
trial-licensed-since = This machine activated a license of the product on { $when }.
trial-extended-by = { $times ->
    [one] once
   *[other] { $times } times
}, by { $days ->
    [one] one day
   *[other] { $days } days
} in all
trial-response = Response for the machine
trial-response-current = The response that this machine got last says all there is to say. Here it is again: carry it to the machine, if it is not there yet.
trial-response-older = A fresh response would tell the machine:
trial-response-late = The response that this machine got last can no longer be installed. A fresh one can.
trial-response-unknown = There is no response here that could be compared. A fresh one can be made.
trial-response-ended = The trial is over. Extend it to give the machine a fresh response.
trial-response-no-request = This trial is older than what a fresh response needs to know of its request. Extend it here, let the machine make a new trial request and bring that: its response has the new end.
trial-response-make = Make a fresh response
trial-extend = Extend the trial
trial-extend-days = By how many days
trial-extend-hint = Counted from the trial’s end, or from now if it is over. The machine runs on with the fresh response that is made with it, or with the answer to its next trial request.
trial-extend-left = Within the limits of the settings: { $times ->
    [one] once more
   *[other] { $times } times more
}, by { $days ->
    [one] one day
   *[other] { $days } days
} in all.
trial-extend-used-up = The limits of the settings are used up for this trial.
trial-extend-beyond = Go beyond the limits of the settings
trial-extend-superseded = This machine had another trial after this one: extend that one.
trial-requests = Requests that were answered
trial-request-id = Request
extension-days-range = A trial is extended by 1 to 3650 days at a time.
trial-extensions = Extensions of one trial
trial-extensions-hint = How often one trial may be extended. Admins can go beyond when they say so.
trial-extensions-range = One trial is extended 0 to 1000 times.
trial-extension-days = Days of extensions of one trial, in all
trial-extension-days-hint = By how many days all extensions of one trial may prolong it. Admins can go beyond when they say so.
trial-extension-days-range = The days of extensions of one trial are 0 to 3650.
trial-end = Last day of all trials (empty: none)
trial-end-hint = All trials run until the end of this day, UTC. With a length in days, too, what comes first counts.
trial-end-past = { $end } has passed: no trial would start any more. Choose a later day, or leave it empty.
trials-over-since = The trials of this product ended on { $end }. No machine gets one until that day is changed.
trial-now-until = A trial that starts now runs until { $end }.
trial-again = Another trial for the same machine
trial-again-hint = A machine is the same one by its device key and by its parts, also after a reinstallation. What you change holds for the next request.
trial-again-never = never
trial-again-after-days = some days after the last one ended
trial-again-per-major-version = once per major version of the app
trial-again-days = Days after the last one ended
trial-newest-version = Newest major version of the app
trial-newest-hint = Raise it when the next one is out. Machines name their version themselves: a later one counts as this one, and a machine that names none gets no further trial.
trial-again-days-needed = For another trial some days after the last one, say after how many, at least 1.
trial-newest-needed = For a trial per major version, say which is the newest one, as a number: 2 for 2.4.1.
trial-again-unknown = There is no such rule for another trial: it is never, after-days or per-major-version.
effect-trial-longer = The trial of this machine was extended: it runs on, { $until }.
trial-already-used-again-advice = It can have another one from { $again } on; make a new request then. To go on before, get a license from the vendor.
trial-already-used-version-advice = It can have another one with a major version of the app later than { $version }. To go on now, get a license from the vendor.
trials-over-title = No trial any more
trials-over = The trials of this product ended on { $end }.
trials-over-advice = Ask the vendor, or get a license.
unknown-trial-title = No such trial
unknown-trial = There is no such trial, or it is not yours to see.
unknown-trial-advice = Look it up in the list of trials. Nothing was changed.
trial-changed-title = The trial was changed in the meantime
trial-changed = Somebody else changed this trial: it ends on { $end } now.
trial-changed-advice = Nothing was changed. Look at it again, and extend it then if that is not enough.
trial-superseded-title = There is a later trial
trial-superseded = This machine had another trial after this one.
trial-superseded-advice = Nothing was changed. Extend the latest one of the machine.
extension-limit-title = Beyond the limits
extension-limit = { $days ->
    [0] The limits for extensions of one trial are used up.
    [one] This trial may be extended by one more day.
   *[other] This trial may be extended by { $days } more days.
}
extension-limit-advice = Nothing was changed. Extend it by less, or let an admin go beyond the limits; the settings say what they are.
trial-ended-title = The trial is over
trial-ended = This trial ended on { $end }.
trial-ended-advice = Extend it first: then there is a fresh response.
trial-needs-request-title = A new request is needed
trial-needs-request = This trial is older than what a fresh response needs to know of its request.
trial-needs-request-advice = Make a new trial request on the machine and bring it: once the trial is extended, its answer has the new end.
activity-trial-extend = The trial of { $subject } was extended by { $detail } days.
activity-trial-renew = { $subject } got a fresh response for its trial.

## Webhooks

webhooks = Webhooks
webhook = Webhook
webhooks-lead = Your other programs hear of what happens here: the portal posts it to them, signed, and again until it arrives.
webhook-url = Address
webhook-url-hint = It begins with https:// and has no password in it. What is sent there holds names of machines and holders of licenses.
webhook-url-malformed = That is no address of a host: it is written https://host/path, in ASCII.
webhook-url-credentials = An address has no name and password in it: what is sent is signed instead.
webhook-url-https = The address begins with https://. Plain http:// is for networks that whoever runs the portal allows.
webhook-url-port = That port is no web server's: 443, or one from 1024 on.
webhook-url-internal = That address is in an internal network. Whoever runs the portal can allow it: serve --webhooks-may-reach.
webhook-events = Events
webhook-event = Event
webhook-event-unknown = There is no such event.
webhook-event-needed = Tick at least one event.
webhook-event-activation-created = A machine was activated
webhook-event-activation-renewed = A machine got a new response
webhook-event-activation-released = A seat was freed without proof
webhook-event-deactivation-created = A machine was deactivated
webhook-event-trial-started = A trial began
webhook-event-trial-extended = A trial was extended
webhook-event-license-created = A license was created
webhook-event-license-changed = A license was changed
webhook-event-license-suspended = A license was suspended
webhook-event-license-revoked = A license was revoked
webhook-event-license-limit-reached = The last seat of a license was taken
webhook-event-license-ending = A license ends in 30 days, in 7, in one
webhook-event-overrun-found = More machines run on a license than it has seats
webhook-event-signing-key-ending = The signing key ends soon
webhook-new = New webhook
webhook-make = Make webhook
webhook-too-many = { $count ->
    [one] There is one webhook already, and no more may be.
   *[other] There are { $count } webhooks already, and no more may be.
}
webhook-no-vault = The key under which secrets are kept is missing on the portal's disk: without it no secret can be stored. The overview says more.
api-test-mail-often = Test mails were sent too often.
picture-no-draft = There is no draft of it.
api-language-unknown = There is no language { $code } here.
api-checksums-twice = A release is published with a checksum file or unsigned, not both.
api-licenses-of-public-release = Licenses are named for private releases alone.
api-digest-unfit = Content-Digest is not of the form sha-256=:BASE64:.
api-upload-incomplete = Not all pieces of the file are there.
api-upload-being-finished = The pieces are being put together at this moment.
api-release-elsewhere = The files of this portal lie elsewhere than it was started with. Whoever runs it has to see to that.
webhook-not-so = It is so already.
webhook-waits = It waits to be sent already.
webhook-too-often = { $seconds ->
    [one] That is too often: wait a second.
   *[other] That is too often: wait { $seconds } seconds.
}
webhook-status-active = active
webhook-status-paused = paused
webhook-status-disabled = disabled
webhook-failing-since = Nothing has arrived since { $since }.
webhook-disabled-failing = Nothing arrived for three days, so nothing is sent any more, and what happens is not kept for it. Turn it on again when its receiver works; then what was given up can be sent again.
webhook-disabled-gone = Its receiver answered that it is gone for good (410), so nothing is sent any more, and what happens is not kept for it.
webhook-secret = Secret
webhook-secret-title = The webhook's secret
webhook-secret-once = Copy it into the receiver now: it is not shown again. The receiver verifies with it that what it gets is from this portal.
webhook-secret-both = For a day what is sent is signed with the old secret, too.
webhook-both-until = Until { $until } what is sent is signed with the old secret, too.
webhook-rotate = Make a new secret
webhook-rotate-hint = The new one is shown once. For a day what is sent is signed with both, so that the receiver can be changed without a gap.
webhook-test = Send a test
webhook-pause = Pause
webhook-resume = Turn on
webhook-change = Change
webhook-delete = Delete webhook
webhook-delete-hint = Deleted with all its deliveries. To stop it for a while, pause it: what happens is then kept for it, for 30 days.
webhook-deliveries = Deliveries
webhook-no-deliveries = No delivery here yet. Send a test to see whether it arrives.
webhook-all = All
webhook-delivery-waiting = waiting
webhook-delivery-delivered = delivered
webhook-delivery-failed = given up
webhook-happened = Happened
webhook-tries = Tries
webhook-last-try = Last try
webhook-next-try = Next try
webhook-answer = Answer
webhook-sent = Sent
webhook-event-id = Event
webhook-resend = Send again
webhook-resend-failed = Send again what was given up
webhook-error-address = its address is not allowed any more
webhook-error-internal = its name leads into an internal network: no connection was made
webhook-error-plain = without HTTPS nothing goes to the internet
webhook-error-port = that port is no web server's
webhook-error-name = its name has no address
webhook-error-connection = no connection
webhook-error-tls = no secure connection
webhook-error-late = no answer in time
webhook-error-answer = no answer in HTTP
webhook-error-secret = its secret cannot be read: make a new one
webhook-error-status = The answer says that it was not taken.
webhook-error-redirect = The answer points elsewhere, which is not followed.
webhook-error-gone = The answer says that the receiver is gone for good.
activity-webhook-create = A webhook to { $detail } was made.
activity-webhook-change = A webhook was changed: { $detail }
activity-webhook-rotate-secret = A webhook got a new secret.
activity-webhook-pause = A webhook was paused.
activity-webhook-resume = A webhook was turned on.
activity-webhook-delete = A webhook was deleted.
activity-webhook-test = A test was sent to a webhook.
activity-webhook-resend = Sent to a webhook again: { $detail }
activity-webhook-disable = A webhook was disabled: { $detail }
mail-webhook-disabled-subject = A webhook of { $vendor } is disabled
mail-webhook-disabled-body =
    A webhook of the portal of { $vendor } does not get through any more, and the portal has given it up: nothing is sent to it, and what happens is not kept for it.

    Look why, turn it on again, and send again what was given up:

    { $link }

## Single sign-on

field-provider-name = Name of an identity provider
refused-only-single-sign-on = Passwords are not taken for your account: log in with your company account at { $provider }. You are not logged in.
sso-button = Log in with your company account
sso-title = Log in with your company account
sso-lead = Your company confirms who you are; you need no password here.
sso-email = Your e-mail address at work
sso-continue = Continue
sso-by-password = Log in with e-mail address and password
sso-at = Here you log in at { $provider }.
sso-going = You are on your way to { $provider }.
sso-go = Go on if nothing happens
sso-no-domain = No company account is set up for addresses of { $domain }. Log in with your password, or ask whoever runs your organization.
sso-failed = You are not logged in
sso-again = Try again
sso-gone = This login was begun in another browser, took longer than ten minutes, or was used already.
sso-gone-advice = Begin again.
sso-off = Nobody logs in this way at present: it was turned off, changed meanwhile, or the organization is suspended.
sso-off-advice = Log in with your password, or ask whoever runs your organization.
sso-declined = { $provider } did not let you in, or you stopped there.
sso-declined-advice = Try again. If it happens again, ask whoever runs { $provider } whether you may use this portal.
sso-down = { $provider } cannot be reached from the portal at the moment.
sso-down-advice = Try again in some minutes, or log in with your password. Nothing was changed.
sso-not-believed = What { $provider } says about you cannot be trusted as it came.
sso-not-believed-advice = Try again. If it happens again, tell whoever runs your organization: on the page for single sign-on they can try it out and see the reason.
sso-no-verified-address = { $provider } gives no e-mail address of yours that it has verified.
sso-no-verified-address-advice = Ask whoever runs { $provider } to give the portal the claims for e-mail and for its verification.
sso-foreign-domain = { $provider } may not speak for the domain of your e-mail address.
sso-foreign-domain-advice = Log in with your password, or ask whoever runs your organization to have the domain added.
sso-no-account = You have no account here yet.
sso-no-account-advice = Ask whoever runs your organization to invite you, and come back then.
sso-not-ours = There is an account with your e-mail address that does not belong here.
sso-not-ours-advice = Log in with your password. If you were invited into the organization, open the link in that mail then.
sso-linked-to-another = Your account here is linked to another account at { $provider }.
sso-linked-to-another-advice = Ask whoever runs your organization to undo that link on the page for single sign-on.
sso-may-not = Your account here may not log in at present.
sso-may-not-advice = Ask whoever runs your organization.
sso-full = Your organization has as many users here as it may have.
sso-full-advice = Ask whoever runs your organization to make room or to have the number raised.
sign-on = Single sign-on
sign-on-lead = People log in by the provider that your company has for that, such as Entra ID, Google Workspace or Keycloak (OpenID Connect).
sign-on-for = For
sign-on-staff = our own staff
sign-on-of = For the people of { $organization }
sign-on-of-staff = For our own staff: for those alone who have an account or an invitation
sign-on-issuer = Issuer
sign-on-issuer-hint = Its address, letter by letter as the provider says it, with a slash at the end or without. The provider's description lies below it at /.well-known/openid-configuration.
sign-on-issuer-change = With another issuer or client, everybody who is linked is unlinked: there they may be other people.
sign-on-subject = Subject
sign-on-new = Another provider
sign-on-register = Register the portal at the provider as a web application, with this address to come back to:
sign-on-redirect = Address to come back to, for the provider
sign-on-own-page = Page for your people to log in at
sign-on-name = Name on the button
sign-on-name-hint = What your people call it, e.g. Lab account.
sign-on-client = Client id
sign-on-secret = Client secret
sign-on-secret-hint = It is encrypted here and not shown again.
sign-on-secret-kept = There is one; leave this empty to keep it.
sign-on-secret-none = There is none; leave this empty to go without.
sign-on-secret-again = With another issuer the client secret has to be typed again. Nothing was changed.
sign-on-create = Set up
sign-on-active = in use
sign-on-off = off
sign-on-domains = E-mail domains
sign-on-domains-hint = Whom the provider knows by an address of these domains, verified, is linked to their account at the first login. The vendor approves each domain; until then it counts for nothing.
sign-on-domain = Domain
sign-on-domain-new = Add a domain
sign-on-domain-add = Add
sign-on-domain-asked = waits for the vendor
sign-on-domain-approved = approved
sign-on-domain-approve = Approve
sign-on-domain-remove = Take away
sign-on-domain-unfit = A domain is written like lab.example, without @ and in ASCII. Nothing was changed.
sign-on-domain-taken = Another provider speaks for this domain. Take it away there first. Nothing was changed.
sign-on-change = Change
sign-on-members = Whoever it vouches for in these domains gets an account as a member, without an invitation, as long as there is room for users
sign-on-only = Only by single sign-on: passwords are not taken for people with an address of these domains, or who are linked
sign-on-only-hint = Others keep their passwords. If the provider fails for long, the vendor can untick this; for the vendor's own staff: countersign-portal admin sign-on allow-passwords.
sign-on-not-proven = Passwords can be refused once somebody came through with this issuer and client: try it out first.
sign-on-portal-factor = Ask for the portal's own second factor as well, of those who have it on. Otherwise that is the provider's matter
sign-on-use = In use
sign-on-try = Try it out
sign-on-try-hint = You go to the provider and back, and see what it says about you. Nobody is logged in, linked or created by that.
sign-on-tried = Tried out
sign-on-tried-lead = Nobody was logged in, linked or created.
sign-on-claims = What { $provider } says
sign-on-second-factor = Second factor (amr with mfa)
sign-on-try-home = The provider sends people back to another host of this portal than this one. Try it out there, where you may have to log in first:
sign-on-try-elsewhere = Nothing was tried: the provider sends people back to another host of this portal. Open { $address } and try it out there.
sign-on-verified = E-mail address verified
sign-on-not-said = not said
sign-on-yes = yes
sign-on-no = no
sign-on-back = Back
sign-on-would-know = It works: this is { $user }, who is linked already.
sign-on-would-link = It works: this would be linked to { $user }.
sign-on-would-create = It works: an account would be created for { $user }.
sign-on-people = Who is linked
sign-on-people-none = Nobody yet.
sign-on-last = Last login
sign-on-unlink = Unlink
sign-on-delete = Remove
sign-on-delete-hint = Everybody who is linked is unlinked. Accounts stay; who has no password asks for a link to set one.
sign-on-too-many = There are as many as may be. Nothing was changed.
sign-on-name-needed = It needs a name. Nothing was changed.
sign-on-issuer-unfit = The issuer is an address that begins with https://, without ? and #. Nothing was changed.
sign-on-client-unfit = The client id is missing, or it or the secret is too long. Nothing was changed.
activity-login-sso = { $subject } logged in through { $detail }.
activity-user-link-identity = { $subject } was linked to { $detail } for single sign-on.
activity-user-unlink-identity = The link of { $subject } to { $detail } for single sign-on was undone.
activity-sign-on-create = Single sign-on was set up: { $detail }
activity-sign-on-change = Single sign-on was changed: { $detail }
activity-sign-on-delete = Single sign-on was removed: { $detail }
activity-sign-on-passwords = Passwords are taken again beside single sign-on.
activity-sign-on-ask-domain = The domain { $detail } was named for single sign-on.
activity-sign-on-approve-domain = The domain { $detail } was approved for single sign-on.
activity-sign-on-remove-domain = The domain { $detail } was taken away from single sign-on.
mail-provider-linked-subject = Your account at { $vendor } is linked to your company account
mail-provider-linked-body =
    From now on your company's provider can log you in at { $vendor }.

    If that was you, there is nothing to do. If not, tell whoever runs your organization, and set a new password at once:

    { $link }

## Overview and finding
kind-activation-response = response to an activation request
kind-trial-response = response to a trial request
kind-deactivation-response = receipt of a deactivation
kind-time-reset = time reset
finding-label = Find anything
finding-hint = License key or its last group, e-mail address, machine, holder, organization, or an id: of a license, an activation, a request, a trial or a device key. A request that was pasted works, too.
finding-drop = Or drop a request file here
finding-drop-hint = Also a zip of several, or a picture of a QR code. Nothing is answered before you say so.
finding-as-key = Understood as a whole license key.
finding-as-mistyped-key = Understood as a license key, but with a typing mistake in it: it was searched for word by word.
finding-as-key-end = Understood as the last group of a license key.
finding-as-id = Understood as an id: of a license, an activation, a request, a trial, a person or an organization.
finding-as-hash = Understood as a device key or the hash of a request.
finding-as-email = Understood as an e-mail address or its beginning.
finding-as-words = Understood as words: of a holder, a plan or a product, or the beginning of a name of a machine, a person or an organization.
finding-nothing = Nothing was found.
finding-nothing-advice = Look for less of it: the beginning of a word or name is enough. If you have the customer's request file, drop it above: it names its license.
finding-people = People and organizations
finding-more-people = There are more: type more of the name.
finding-more-licenses = There are more licenses: show all of them
finding-trials = Trials
finding-machines-by-name = Machines of this name
finding-machines-of-licenses = Machines of these licenses
case-title = A request
case-effect = If you answer it
case-answered-title = Answered before
case-answered = It was answered on { $when }. This is the same answer again; nothing more is used up.
case-machine-holds = Known here, with a seat:
case-machine-ended = Known here, without a seat now:
case-machine-new = This machine is not known here yet.
case-trial-had = This machine had its trial from { $from }
case-response-title = An answer, and no request
case-response = This file is one of our answers ({ $kind }). It belongs on the machine; there is nothing to answer in it.
case-response-machine = It was made for this machine:
case-readable = What can still be read of it
case-readable-hint = Nobody has signed these lines: they help to find the machine, and prove nothing.
case-choose-license = For which license? Its key or id
case-request-id = Request
case-request-hash = Hash of the request
case-device-key = Device key
case-another = Look for something else
ways-then = Then drop the file here again: it is read anew.
ways-of-admins = The vendor's administrators can change what stands in the way.
case-may-not-answer = Whoever may answer requests can do that.
way-raise-limit = Raise the license's limit
way-release-seat = Release the seat of a lost machine
way-reinstate = Reinstate the license
way-extend = Extend the license
way-license = Look at the license
way-machine = Look at the machine
way-trial = Look at the trial, or extend it
way-product = What the product allows
way-products = Products
way-journals = What support desks have pushed
way-keys = Keys
way-settings = Settings
picture-unread-title = A picture that is not read
picture-unread-advice = Take the picture once more, smaller and of the code alone, or ask for the file.
picture-no-code-title = No code in the picture
picture-no-code = There is no QR code in the picture that could be made out.
picture-no-code-advice = Take it once more: straight from the front, sharp, with a white edge around the code. Or ask for the file.
by-door-staff = the vendor's staff
date-short = { $day } { $month-name }
overview-caption = What happened, with the same time before. Days are those of UTC; today is not over yet.
overview-activations = Activations
overview-deactivations = Seats given back
overview-trials = Trials begun
overview-converted = of these, licensed later
overview-licenses = Licenses created
overview-refused = Requests refused
overview-ending = Licenses that end
overview-today = Today
overview-week = 7 days
overview-month = 30 days
overview-yesterday = yesterday { $count }
overview-before = before { $count }
overview-span = Over how many days
overview-days = { $days } days
overview-uncounted = { $count } entries of the audit log are still to be counted. It goes on in the background; until then the numbers are too low.
first-steps = First steps
first-steps-lead = From here to the first machine that runs with a license of yours. Each step has its page.
first-step-keys = Carry the root key away from the computer that the portal runs on
first-step-product = Create a product
first-step-customer = Invite a customer
first-step-license = Create a license for them
first-step-hand-over = Hand the license over, and activate the first machine
first-step-done = done
product-made = The product is there. What it is given to is next; all of this page can be changed later, but for the id.
hand-over = Hand it over
hand-over-lead = No machine uses this license yet. It takes one trip there and back:
hand-over-request = On the machine, your app writes a request file. For a test without an app:
hand-over-theirs = { $whose } logs in at { $address }, opens the license and drops the file there.
hand-over-key = Whoever has the license key can do that at { $address }/activate without an account.
hand-over-response = The response file goes back to the machine, and your app installs it. For a test:
customers-none-yet = There is no customer yet. Invite the first one here.
customers-none-there = Nobody belongs to { $organization } yet. Invite the first one here.
create-user-link = Create, and hand over a link
organization-hint = Type it, or leave it empty for somebody who is on their own.
invited-title = Invited
invited-days = The invitation is on its way to their mailbox. Its link works once, for { $days } days.
invited-outbox = No mail server is set: the mail with the link lies in { $folder }, and nobody gets it. Hand its link over yourself; it works once, for { $days } days.
invited-no-server = No mail server is set: nobody gets the invitation until whoever runs the portal hands its link over. It works once, for { $days } days.
invited-next = A license can be theirs before they come in: they find it when they do.
invite-again = Send the invitation again
invite-not-open = This is no invitation that waits: they have come in, or got a link to set a password.
new-license-theirs = New license for them
suggestions-cut = The first { $count } are suggested. Any other can be typed in full.
overview-full = Without a free seat
overview-full-hint = Of the 500 licenses with the most machines, those of several machines whose seats are all taken.
chart-empty = There is nothing to be shown yet.
chart-table = The numbers
chart-file = Download as a table (CSV)
chart-day = Day (UTC)
chart-week = Week from (UTC)
chart-reason = Reason
chart-activity = Activations and seats given back
chart-activity-text = By day, over { $days } days: machines that took a further seat, those that support desks answered among them, and seats that were given back or released.
chart-trials = Trials, and licenses after them
chart-trials-text = By the day on which the trial began, over { $days } days. Licensed later: the same machine, recognised by its device key or its components, got a license of the product. Young trials have had less time for it.
chart-ending = Licenses that end
chart-ending-text = In each of the next { $weeks } weeks, without those that are suspended or revoked.
chart-refused = Refused requests by reason
chart-refused-text = In 30 days, and in the last 7 of them. A request that is tried again is one. Counted in memory: a power cut loses some seconds.
refused-damaged-file = A damaged file
refused-wrong-type = A file of another kind
refused-unavailable = The portal could not answer
activity-journal-open = A support desk's journal was pushed for the first time.
activity-journal-push = A support desk's journal was pushed: { $detail }
activity-journal-forked = A support desk's journal has two entries with one number.
activity-journal-take-back = A support desk's journal was taken back.
activity-keys-new = A new key was made.
activity-keys-passphrase = The key got another passphrase.
activity-keys-take = The keys in the folder were taken into use. { $detail }
activity-keys-delegation = Another delegation is in use: { $detail }
activity-keys-revocations = A newer revocation list is in use. { $detail }
activity-keys-rotation = Another root is in use. { $detail }
activity-keys-warning = It was said that the signing key ends. { $detail }
activity-picture-draft = A picture was uploaded: { $subject }
activity-picture-use = A picture is in use: { $subject }
activity-picture-discard = A picture was discarded: { $subject }
activity-picture-remove = A picture was removed: { $subject }
activity-token-create = An API token was made. { $detail }
activity-token-revoke = An API token was revoked.
## Plans, and licenses created, imported and changed by the vendor
activity-plan-create = Plan { $detail } was created.
activity-plan-change = Plan { $detail } was changed.
activity-plan-archive = Plan { $detail } was archived.
approval-count = Licenses
plans = Plans
plans-lead = A plan is a template: a license that is made by it takes its values, and may have others. Changing a plan changes no license by itself.
plans-none = There is no plan yet.
plan-new = New plan
plan-create = Create the plan
plan-licenses = Its licenses
plan-maintenance = Days of maintenance from creation (empty: as long as the license)
plan-archived-hint = Archived: nothing new is made by it
plan-save-hint = Licenses that were made by it stay as they are.
plan-name-needed = A plan has a name.
plan-name-taken = The product has a plan of this name already.
plan-too-many = There are as many plans as there may be.
plan-unknown = There is no such plan for this product.
plan-archived = The plan is archived: nothing new is made by it.
plan-changed = The plan was changed meanwhile. Look at it again.
license-without-plan = The license was made by no plan: name one.
plan-same = All values are those of the plan.
plan-value = Value
plan-value-here = This license
plan-value-plan = The plan
plan-value-name = Name of the plan
plan-value-activations = Activations at a time
plan-value-deactivations = Deactivations
plan-value-import-days = Days within which a response must be installed
plan-value-strategy = How machines are bound
plan-value-features = Features
plan-value-metadata = Metadata
plan-value-maintenance = Maintenance
plan-value-highest-version = Highest version
plan-take = Take the plan's values
plan-give = Give it a plan
plan-take-title = Take the plan's values?
plan-take-fact = The license takes the values of the plan { $plan }. Machines get them with their next response.
plan-take-value = { $name }: { $here } becomes { $plan }
plan-take-validity = Its validity stays as it is.
plan-apply = Take values for all licenses of the plan
plan-apply-hint = Choose which values all licenses of the plan are to take. Licenses that were given other values of these lose them. You see first how many change; their validity stays as it is.
plan-apply-preview = Show what would change
plan-apply-values = Choose at least one value.
plan-apply-would = { $count ->
    [one] One license would change.
   *[other] { $count } licenses would change.
}
plan-apply-looked = { $count ->
    [one] The plan has one license.
   *[other] The plan has { $count } licenses.
}
plan-apply-did = { $count ->
    [one] One license was changed.
   *[other] { $count } licenses were changed.
}
plan-apply-below = { $count ->
    [one] One license uses more than the plan allows: it stays as it is.
   *[other] { $count } licenses use more than the plan allows: they stay as they are.
}
plan-apply-room = { $count ->
    [one] One license would say more than fits into a response: it stays as it is.
   *[other] { $count } licenses would say more than fits into a response: they stay as they are.
}
plan-apply-stale = { $count ->
    [one] One license was changed by somebody else at that moment: do it once more.
   *[other] { $count } licenses were changed by somebody else at that moment: do it once more.
}
plan-apply-go-on = Go on with the next licenses
plan-apply-all = All licenses of the plan were looked at.
do-it = Do it
do-not = Leave it as it is
license-by-plan = Begin with a plan
license-by-plan-hint = The values below are those of the plan { $plan }. What you change here counts for these licenses alone.
plan-fill-in = Fill in
owner-address = Owner (e-mail address)
create-how-many = How many of them (1 to { $most })
create-count = One to { $most } licenses are created at once.
licenses-none-yet = There is no license yet.
licenses-made = Licenses were created
licenses-made-count = { $count ->
    [one] One license was created.
   *[other] { $count } licenses were created, all of them.
}
licenses-made-file = Keys as a table (CSV)
licenses-made-more = The table has all { $count } keys. This page is kept for an hour; each key stands on its license's page as well.
license-key-taken = There is a license with this key already.
organization-ambiguous = Several organizations are called { $name }. Give the id of one instead.
organization-not-one = There is no organization { $name }, or there are several of that name.
organization-users = Users
organizations-all = All organizations
organizations-search-hint = Beginning of the name
organizations-none-found = There is no such organization.
customers-search-hint = Name, e-mail address or organization
customers-none-found = Nobody was found.
license-edit = Edit
license-actions = Change
extend = Extend
extend-until = or until the day
extend-title = Extend the license?
extend-fact = It ends at { $after } instead of { $before }.
extend-machines = Machines that are activated need a fresh response to run longer.
extend-not-later = This is no later end than the license has.
extend-one-of = Say either a number of days or a day.
limits-change = Change the limits
limits-title = Change the limits?
limits-activations = Activations at a time: { $before } becomes { $after }
limits-deactivations = Deactivations: { $before } becomes { $after }
limits-below-machines = { $count ->
    [one] { $live } machines hold a seat: one of them must give it back first.
   *[other] { $live } machines hold a seat: { $count } of them must give it back first.
}
limits-below-deactivations = { $count ->
    [one] One deactivation was made: the limit cannot be lower than that.
   *[other] { $count } deactivations were made: the limit cannot be lower than that.
}
suspend = Suspend
reinstate = Reinstate
revoke = Revoke
status-title-active = Reinstate the license?
status-title-suspended = Suspend the license?
status-title-revoked = Revoke the license?
status-fact-active = The license counts again: machines can be activated and renewed.
status-fact-suspended = Until it is reinstated no machine is activated or renewed by it, and its releases cannot be downloaded.
status-fact-revoked = The license is withdrawn: no machine is activated or renewed by it any more, and its releases cannot be downloaded.
status-offline-suspended = { $count ->
    [0] No machine holds a seat.
    [one] One machine holds a seat. It sees no network and hears nothing of this: it runs on until what it has installed ends.
   *[other] { $count } machines hold a seat. They see no network and hear nothing of this: they run on until what they have installed ends.
}
status-offline-revoked = { $count ->
    [0] No machine holds a seat.
    [one] One machine holds a seat. It sees no network and hears nothing of this: it runs on until what it has installed ends, which is never for a perpetual license.
   *[other] { $count } machines hold a seat. They see no network and hear nothing of this: they run on until what they have installed ends, which is never for a perpetual license.
}
transfer = Transfer
transfer-title = Transfer the license?
transfer-nobody = nobody
transfer-same = Owner and organization are the same already.
transfer-owner = Owner: { $from } becomes { $to }
transfer-mail = Both get a mail about it.
transfer-organization = Organization: { $from } becomes { $to }
transfer-groups = { $count ->
    [0] Groups of the former organization lose access to it.
    [one] Groups of the former organization lose access to it. The machine that holds a seat keeps it, and it counts for the group that it was taken through until it is given back.
   *[other] Groups of the former organization lose access to it. The { $count } machines that hold seats keep them, and they count for the groups that they were taken through until they are given back.
}
transfer-seen = It is seen by its owner and by the groups and administrators of { $name }, and by nobody else.
transfer-seen-by-owner = It is seen by its owner alone.
transfer-outside = The new owner is not in that organization and will not see the license.
license-import = Import licenses from a table
license-import-lead = The table is checked first: you see every line that is wrong, and what would be made. Nothing is imported while one line is wrong.
license-import-file = Table (CSV in UTF-8)
license-import-most = At most { $kilobytes } KiB.
license-import-rows = At most { $count } lines and licenses; larger tables are imported by command line.
license-import-check = Check the table
license-import-template = Template
license-import-columns = Columns
table-column = Column
table-column-means = What stands there
table-means-product = Id of the product. Needed.
table-means-plan = Name of a plan of the product. Cells that are empty take its values.
table-means-holder = Who holds it, in words.
table-means-owner_email = E-mail address of its owner. Who has no account yet is created as invited, in the organization of the line.
table-means-organization = Name or id of the organization that it belongs to.
table-means-activations = Activations at a time: a number, or “any”. Needed without a plan.
table-means-deactivations = Deactivations: a number, or “any”.
table-means-validity = “perpetual”, “365 days” or “365 days from first activation”. Needed without a plan, unless it has an end.
table-means-expires_at = The last day, as 2030-12-31 (UTC).
table-means-features = Features, separated by | or line breaks: name, name=7 or name=word.
table-means-metadata = Metadata, separated by | or line breaks: name=value for the app, or name=value [user, organization].
table-means-maintenance_until = The last day of maintenance, as 2030-12-31 (UTC).
table-means-highest_version = The highest version, as 2.4.1 or 2.x.
table-means-key = Its key, if it has one already in the form of ours. Else one is made.
table-means-count = How many such licenses, 1 to 1000. Empty: one.
table-checked = The table was checked
table-good = Nothing is wrong with it. Nothing was imported yet. It would make:
table-rows = { $count ->
    [one] one line
   *[other] { $count } lines
}
table-licenses = { $count ->
    [one] one license
   *[other] { $count } licenses
}
table-users = { $count ->
    [0] no user: all owners are there
    [one] one user, as invited
   *[other] { $count } users, as invited
}
table-import = { $count ->
    [one] Import one license
   *[other] Import { $count } licenses
}
table-would-make = The first licenses
table-more-licenses = { $count ->
    [one] and one more
   *[other] and { $count } more
}
table-bad = { $count ->
    [one] One thing is wrong. Nothing was imported: put it right, and check the table again.
   *[other] { $count } things are wrong. Nothing was imported: put them right, and check the table again.
}
table-line = Line
table-what = What is wrong
table-more-faults = { $count ->
    [one] and one more
   *[other] and { $count } more
}
table-again = Check another table
table-no-file = Choose a file.
table-too-large = The table is larger than { $most } KiB.
table-has-faults = Something is wrong with this table: it is not imported.
table-changed = Something has changed since the table was checked. Line { $line }: { $why } Nothing was imported: check the table again.
table-utf16 = This is a text in UTF-16. Save the table as “CSV UTF-8”.
table-nul = There is a zero byte in it: this is no table of text.
table-no-utf8 = This is no text in UTF-8. Save the table as “CSV UTF-8”.
table-empty = There is no line in it.
table-csv-or-lines = Send the table either as csv or as lines.
table-too-many-cells = A line has more than { $most } cells. What comes after it was not looked at.
table-row-too-long = A line has more than { $most } KiB. Probably a quotation mark was not closed. What comes after it was not looked at.
table-too-many-rows = There are more than { $most } lines. What comes after was not looked at.
table-too-many-licenses = These are more than { $most } licenses. What comes after was not looked at.
table-column-twice = The column is there twice.
table-column-unknown = There is no column { $name }. These are known: { $known }.
table-column-needed = The column is needed.
table-cells = The line has { $count } cells, and the first line names { $columns } columns.
table-cell-needed = Something must stand here.
table-plan-unknown = The product { $product } has no such plan. Create it, or leave the cell empty.
table-activations-needed = Without a plan, say how many: a number, or “any”.
table-validity-needed = Without a plan, say “perpetual”, a number of days, or an end in expires_at.
table-validity-unfit = This is none of “perpetual”, “365 days” and “365 days from first activation”.
table-two-ends = Say either a validity or an end.
table-ended = This day is over.
table-number = { $text } is no whole number from { $least } to { $most }.
table-owner-outside = This person is not in the organization { $name } and would not see the license.
table-owner-locked = This person may not log in.
table-organization-full = The organization has no room for one more user.
table-key-unfit = This is no license key in the form of ours.
table-key-and-count = A key is for one license.
table-key-twice = Another line of the table has this key.
table-second-person = A license without an end, or with one that is far away, needs a second admin: create it on its own page.
mail-license-given-subject = A license of { $vendor } is yours now
mail-license-given-body =
    A license is yours now. You find it here:

    { $link }
mail-license-taken-subject = A license of { $vendor } has another owner now
mail-license-taken-body =
    A license that was yours belongs to somebody else now. Machines that are activated stay activated. What is still yours you find here:

    { $link }

    If you did not expect that, ask { $vendor }.
kept-gone = Tables that were checked and keys that were just made are kept for an hour, for whoever brought them, and not when the portal was started again since.
kept-gone-advice = What was imported or created is there: look at the list of licenses. A table that was not imported yet has to be checked again.
