"""How long things take: seconds, from the moment when the mail server took the copy unless said otherwise.

"within" includes its end (t <= end), "before" does not (t < end).
"""

BEFORE_DISPATCH = 60.0  # clocks differ by up to a minute; what comes earlier saw a draft or a preview
HINT = 5.0  # an application of ours said so long ago that the sender looks at this mail

OPEN_BEFORE = 3.0  # nobody sees a mail so early: the mailbox has hardly got it
CLICK_BEFORE = 5.0
PROXY_BEFORE = 10.0  # Gmail's proxy was seen 4 s after sending with the mail unread (gophish #3086, #1390)
BROWSER_OPEN_WITHIN = 15.0  # scanners' pixel loads: median 9 s, 84 % within 20 s (craft-campaign #546)
BROWSER_CLICK_WITHIN = 30.0  # two thirds of scanners' bursts begin 20 to 60 s after delivery (craft-campaign #546)
BARE_WEBKIT_WITHIN = 60.0  # the same stripped name is Outlook's when a person loads images later (warmbly #564, #569)
GATEWAY_WITHIN = 600.0  # 97 % of bursts begin within 5 min, 99 % within 30 (craft-campaign #546); then people behind isolation follow

BURSTS = ((3, 2.0), (2, 1.0))  # so many different links of one copy, followed within so many seconds of each other
FOLD_WITHIN = 300.0  # what the source of a burst did so long before and after belongs to it (MillionSend #22)
HEAD_THEN_GET_WITHIN = 1.0  # a scanner asks whether there is something, then takes it (inbox-zero #3680)
PAIR_WITHIN = 10.0  # Safe Links looks at a link around the moment when a person follows it
SCANNED_OPEN_WITHIN = 60.0  # pixel and links of one visit: median 33 s apart (craft-campaign #546)
REPEAT_WITHIN = 300.0  # one reading loads the pixel again and again: sliding
OTHER_RECIPIENTS = 2  # one source at this many other recipients' copies within a minute is no person
