/* Plays drivers that no USB webcam can be, beyond what the rig's own ioctl_shim.c does. Preloaded in the guest; the
 * quirks stand in SHIM, separated by commas:
 *
 * tspast    pictures are stamped 0.9 s before they came         tsfuture  the first one's stamp is far ahead
 * tsback    every stamp is 10 ms before the last one            seqzero   every picture has the number 0
 * noparm    there is no frame rate to ask for or about          parm0     the frame rate is said to be 0/0
 * stepwise  sizes are offered as a range with steps             nosizes   sizes and rates can't be asked for
 * anyrate   rates are offered as a range                        insists   whatever is asked for, it is 640x480 in MJPG
 * h264      the only format is H.264                            noformats there is no format at all
 * mplane    only the multi-planar interface                     nostream  no streaming, only read()
 * morebufs  five buffers are given, however few were wanted     nospace   the USB bus has no bandwidth left
 * empty     every third buffer comes empty                      marked    every buffer is marked as damaged
 * greyed    exposure time stays inactive in manual mode         readonly  exposure time can only be read
 * noevents  there are no events of controls                     obeyslate controls obey from the tenth picture on
 * auto0     the automatic is entry 0 of the menu, not 3         nomenu    the entries of the mode can't be asked for
 * liar      raw pictures are called Motion JPEG                  holds     exposure time stays as it is from the 40th
 *                                                               picture on, and reads back as it was asked
 * lost      the camera is gone in the middle of a request */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/videodev2.h>

static int (*next)(int, unsigned long, void *);
static unsigned pictures; /* dequeued by this process so far */

static int played(const char *name)
{
    const char *all = getenv("SHIM"), *found = all ? strstr(all, name) : NULL;
    size_t length = strlen(name);
    for (; found; found = strstr(found + 1, name))
        if ((found == all || found[-1] == ',') && (found[length] == ',' || !found[length]))
            return 1;
    return 0;
}

static int refused(int number)
{
    errno = number;
    return -1;
}

/* From the twentieth picture on, for a few requests: then it was plugged in again. */
static int gone(void)
{
    static unsigned requests;
    return played("lost") && pictures >= 20 && requests++ < 6;
}

/* What does not reach the driver: 1 with the answer in *answer. */
static int answered(unsigned long request, void *p, int *answer)
{
    *answer = 0;
    switch (request) {
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM:
        if (played("noparm"))
            return *answer = refused(ENOTTY), 1;
        break;
    case VIDIOC_ENUM_FMT:
        if (played("noformats") || played("mplane") || (played("h264") && ((struct v4l2_fmtdesc *)p)->index))
            return *answer = refused(EINVAL), 1;
        break;
    case VIDIOC_ENUM_FRAMESIZES:
        if (played("nosizes"))
            return *answer = refused(ENOTTY), 1;
        if (played("stepwise")) {
            struct v4l2_frmsizeenum *size = p;
            if (size->index)
                return *answer = refused(EINVAL), 1;
            size->type = V4L2_FRMSIZE_TYPE_STEPWISE;
            size->stepwise = (struct v4l2_frmsize_stepwise){160, 640, 160, 120, 480, 120};
            return 1;
        }
        break;
    case VIDIOC_ENUM_FRAMEINTERVALS:
        if (played("nosizes"))
            return *answer = refused(ENOTTY), 1;
        if (played("anyrate")) {
            struct v4l2_frmivalenum *rate = p;
            if (rate->index)
                return *answer = refused(EINVAL), 1;
            rate->type = V4L2_FRMIVAL_TYPE_CONTINUOUS;
            rate->stepwise = (struct v4l2_frmival_stepwise){{1, 30}, {1, 5}, {1, 1}};
            return 1;
        }
        break;
    case VIDIOC_STREAMON:
        if (played("nospace"))
            return *answer = refused(ENOSPC), 1;
        break;
    case VIDIOC_SUBSCRIBE_EVENT:
    case VIDIOC_DQEVENT:
        if (played("noevents"))
            return *answer = refused(ENOTTY), 1;
        break;
    case VIDIOC_QUERYMENU:
        if (played("nomenu"))
            return *answer = refused(EINVAL), 1;
        break;
    case VIDIOC_S_FMT:
    case VIDIOC_G_FMT:
        if (played("mplane") || played("noformats"))
            return *answer = refused(EINVAL), 1;
        break;
    case VIDIOC_REQBUFS:
        if (played("nostream") || played("mplane"))
            return *answer = refused(EINVAL), 1;
        break;
    case VIDIOC_S_EXT_CTRLS:
        if (gone())
            return *answer = refused(ENODEV), 1;
        if (played("obeyslate") && pictures < 10)
            return 1;
        break;
    case VIDIOC_DQBUF:
        if (gone())
            return *answer = refused(ENODEV), 1;
        break;
    }
    return 0;
}

/* The automatic's number in the menu, there and back. */
static void exchange_modes(unsigned long request, void *p)
{
    if (request == VIDIOC_QUERYMENU) {
        struct v4l2_querymenu *entry = p;
        if (entry->id == V4L2_CID_EXPOSURE_AUTO && entry->index % 3 == 0)
            entry->index = 3 - entry->index;
    }
    if (request == VIDIOC_G_EXT_CTRLS || request == VIDIOC_S_EXT_CTRLS) {
        struct v4l2_ext_controls *all = p;
        for (unsigned i = 0; i < all->count; i++)
            if (all->controls[i].id == V4L2_CID_EXPOSURE_AUTO && all->controls[i].value % 3 == 0)
                all->controls[i].value = 3 - all->controls[i].value;
    }
}

/* Exposure time that is not passed on any more, and reads as if it were. */
static void hold_time(unsigned long request, void *p, int answered)
{
    static __s32 really, asked;
    struct v4l2_ext_controls *all = p;
    if (request != VIDIOC_G_EXT_CTRLS && request != VIDIOC_S_EXT_CTRLS)
        return;
    for (unsigned i = 0; i < all->count; i++) {
        struct v4l2_ext_control *one = &all->controls[i];
        if (one->id != V4L2_CID_EXPOSURE_ABSOLUTE)
            continue;
        if (request == VIDIOC_S_EXT_CTRLS && !answered) {
            asked = one->value;
            if (pictures < 40)
                really = asked;
            else
                one->value = really;
        } else if (answered && pictures >= 40 && asked)
            one->value = asked;
    }
}

/* The name of the raw format: YUYV for the driver, Motion JPEG for the program. */
static void rename_format(unsigned long request, void *p, __u32 from, __u32 to)
{
    __u32 *name = NULL;
    if (request == VIDIOC_ENUM_FMT)
        name = &((struct v4l2_fmtdesc *)p)->pixelformat;
    else if (request == VIDIOC_ENUM_FRAMESIZES)
        name = &((struct v4l2_frmsizeenum *)p)->pixel_format;
    else if (request == VIDIOC_ENUM_FRAMEINTERVALS)
        name = &((struct v4l2_frmivalenum *)p)->pixel_format;
    else if (request == VIDIOC_S_FMT || request == VIDIOC_G_FMT || request == VIDIOC_TRY_FMT)
        name = &((struct v4l2_format *)p)->fmt.pix.pixelformat;
    if (name && *name == from)
        *name = to;
}

/* What is put right, or wrong, on its way to the driver. */
static void before(unsigned long request, void *p)
{
    if (request == VIDIOC_REQBUFS && played("morebufs") && ((struct v4l2_requestbuffers *)p)->count)
        ((struct v4l2_requestbuffers *)p)->count = 5;
    if ((request == VIDIOC_S_FMT || request == VIDIOC_TRY_FMT) && played("insists")) {
        struct v4l2_pix_format *pix = &((struct v4l2_format *)p)->fmt.pix;
        pix->pixelformat = V4L2_PIX_FMT_MJPEG;
        pix->width = 640;
        pix->height = 480;
    }
    if (request != VIDIOC_G_EXT_CTRLS && played("auto0"))
        exchange_modes(request, p);
    if (played("holds"))
        hold_time(request, p, 0);
    if (played("liar"))
        rename_format(request, p, V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_YUYV);
}

static void dequeued(struct v4l2_buffer *buffer)
{
    static struct timeval stamp;
    struct timeval step = {0, 10000}, past = {0, 900000};
    if (played("tspast"))
        timersub(&buffer->timestamp, &past, &buffer->timestamp);
    if (played("tsfuture") && !pictures)
        buffer->timestamp.tv_sec = 1000000;
    if (played("tsback")) {
        if (!pictures)
            stamp = buffer->timestamp;
        else
            timersub(&stamp, &step, &stamp);
        buffer->timestamp = stamp;
    }
    if (played("seqzero"))
        buffer->sequence = 0;
    if (played("empty") && pictures % 3 == 2)
        buffer->bytesused = 0;
    if (played("marked"))
        buffer->flags |= V4L2_BUF_FLAG_ERROR;
    pictures++;
}

/* What the driver answered, changed. */
static void after(unsigned long request, void *p)
{
    if (request == VIDIOC_QUERYCAP) {
        struct v4l2_capability *cap = p;
        if (played("mplane") && cap->device_caps & V4L2_CAP_VIDEO_CAPTURE) {
            cap->device_caps ^= V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE;
            cap->capabilities ^= V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE;
        }
        if (played("nostream")) {
            cap->device_caps = (cap->device_caps & ~V4L2_CAP_STREAMING) | V4L2_CAP_READWRITE;
            cap->capabilities = cap->device_caps | V4L2_CAP_DEVICE_CAPS;
        }
    }
    if (request == VIDIOC_ENUM_FMT && played("h264")) {
        struct v4l2_fmtdesc *format = p;
        format->pixelformat = V4L2_PIX_FMT_H264;
        format->flags = V4L2_FMT_FLAG_COMPRESSED;
        strcpy((char *)format->description, "H.264");
    }
    if ((request == VIDIOC_G_PARM || request == VIDIOC_S_PARM) && played("parm0"))
        memset(&((struct v4l2_streamparm *)p)->parm.capture.timeperframe, 0, sizeof(struct v4l2_fract));
    if (request == VIDIOC_DQBUF)
        dequeued(p);
    if (request == VIDIOC_QUERY_EXT_CTRL) {
        struct v4l2_query_ext_ctrl *control = p;
        if (control->id == V4L2_CID_EXPOSURE_ABSOLUTE && played("greyed"))
            control->flags |= V4L2_CTRL_FLAG_INACTIVE;
        if (control->id == V4L2_CID_EXPOSURE_ABSOLUTE && played("readonly"))
            control->flags |= V4L2_CTRL_FLAG_READ_ONLY;
    }
    if (played("auto0"))
        exchange_modes(request, p);
    if (played("holds"))
        hold_time(request, p, 1);
    if (played("liar"))
        rename_format(request, p, V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG);
}

int ioctl(int file, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *p = va_arg(arguments, void *);
    va_end(arguments);
    if (!next)
        next = dlsym(RTLD_NEXT, "ioctl");
    request &= 0xffffffffUL;
    int answer;
    if (!getenv("SHIM"))
        return next(file, request, p);
    if (answered(request, p, &answer))
        return answer;
    before(request, p);
    answer = next(file, request, p);
    if (!answer)
        after(request, p);
    return answer;
}
